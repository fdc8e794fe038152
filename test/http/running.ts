import { pino } from 'pino';
import { type RunningServer, type ServeOptions, serve } from '../../src/http/server.js';
import { Serving } from '../../src/http/serving.js';
import { smallService } from './small-service.js';

/** The API over the small service, on a free port. */
export function serveForTest(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  return serve({
    serving: new Serving(smallService()),
    logger: pino({ level: 'error' }),
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 20_000,
    maxUrlLength: 16_384,
    maxRequestsPerTurn: 100,
    apiKeyHashes: [],
    requestsPerMinute: 0,
    requestTimeoutMs: 30_000,
    shutdownTimeoutMs: 1000,
    ...options,
  });
}

/** What `fetch` needs to post a JSON body. */
export function asJson(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}
