import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { apiOptions, readConfig } from '../../src/serve/config.js';
import { Metrics } from '../../src/serve/http/metrics.js';
import { type RunningServer, type ServeOptions, serve } from '../../src/serve/http/server.js';
import { type Service, startService } from '../../src/serve/service.js';
import type { BuildOptions } from '../../src/snapshot/build.js';
import { newDirectory } from './scratch-directory.js';
import { liveWith, smallService } from './small-service.js';
import { buildSmallSnapshot } from './small-snapshot.js';

/** The API over the small service, on a free port. */
export function serveForTest(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const live = options.live ?? liveWith(smallService());
  const metrics = options.metrics ?? new Metrics(live);
  metrics.observeProcess();
  return serve({
    live,
    metrics,
    logger: pino({ level: 'error' }),
    host: '127.0.0.1',
    port: 0,
    ...apiOptions(readConfig({})),
    maxBodyBytes: 20_000,
    maxTurnMs: 1000,
    requestTimeoutMs: 30_000,
    shutdownTimeoutMs: 1000,
    ...options,
  });
}

/** The whole service over a real snapshot, on a free port. */
export async function startSmallService(
  options: Partial<BuildOptions>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const { store } = await buildSmallSnapshot(options);
  const config = readConfig({
    SNAPSHOTS: store.directory,
    EVENTS: newDirectory(),
    PORT: '0',
    LOG_LEVEL: 'error',
    RELOAD_INTERVAL_MS: '0',
    ...environment,
  });
  return startService(config, pino({ level: config.LOG_LEVEL }));
}

/** What `fetch` needs to post a JSON body. */
export function asJson(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/** The hash of an API key, as the service takes it. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
