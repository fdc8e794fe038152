import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { ShortlistError } from '../../errors.js';
import { KEEP_ALIVE_MS, listen } from '../http/listening.js';
import { OpenConnections } from '../http/open-connections.js';
import { API_HEADERS, PROBLEM_TYPE } from '../http/send-json.js';
import { type HealthBoard, type HealthReply, problemReply } from './board.js';

/** Most connections: machinery around a service needs few. */
const MAX_CONNECTIONS = 64;
/** Milliseconds for a request to arrive. */
const REQUEST_TIMEOUT_MS = 2000;
/** Milliseconds for metrics to be gathered, after which the latest that were are the answer. */
const METRICS_MS = 150;

export interface HealthServerOptions {
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
  readonly board: HealthBoard;
  /** All metrics as text, when those who count find the time. */
  gatherMetrics(): Promise<string>;
  /** Whether a request with these headers may read the metrics. */
  readonly mayReadMetrics: (headers: IncomingHttpHeaders) => boolean;
}

/**
 * Answers `/health/live`, `/health/ready` and `/metrics` from what others report, whatever they are busy with.
 * @returns where
 * @throws {ShortlistError} `port-in-use`, `cannot-listen`
 */
export async function serveHealth(options: HealthServerOptions): Promise<string> {
  const { host, port } = options;
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 2,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    listenerOf(options),
  );
  const connections = new OpenConnections(MAX_CONNECTIONS);
  server.on('connection', socket => connections.add(socket));
  return listen(server, host, port, 'healthPort');
}

function listenerOf({ board, gatherMetrics, mayReadMetrics }: HealthServerOptions): RequestListener {
  const metrics = new LatestMetrics(gatherMetrics);
  const answers: Readonly<Record<string, (headers: IncomingHttpHeaders) => HealthReply | Promise<string>>> = {
    '/health/live': () => board.live(),
    '/health/ready': () => board.ready(),
    '/metrics': headers => {
      if (mayReadMetrics(headers)) return metrics.text();
      const errors = [{ in: 'header', field: 'Authorization', message: 'expected Bearer and a known key' }];
      throw new ShortlistError('unauthorized', 'This needs an API key: "Authorization: Bearer KEY".', { errors });
    },
  };
  const answer = async (method: string, path: string, headers: IncomingHttpHeaders): Promise<HealthReply | string> => {
    if (!Object.hasOwn(answers, path)) {
      throw new ShortlistError('not-found', `Here are only ${Object.keys(answers).join(', ')}.`);
    }
    if (method !== 'GET' && method !== 'HEAD') {
      throw new ShortlistError('method-not-allowed', `${method} is not possible here. Possible: GET, HEAD.`);
    }
    return answers[path]!(headers);
  };
  return async ({ method = '', url = '', headers }, response) => {
    const path = url.replace(/\?.*/, '');
    const reply = await answer(method, path, headers).catch(problemReply);
    const isText = typeof reply === 'string';
    const status = isText ? 200 : reply.status;
    const text = isText ? reply : JSON.stringify(reply.body);
    const type = isText ? METRICS_TYPE : status === 200 ? 'application/json; charset=utf-8' : PROBLEM_TYPE;
    response
      .writeHead(status, [
        ...['Content-Type', type, 'Content-Length', String(Buffer.byteLength(text)), ...API_HEADERS],
        ...(status === 401 ? ['WWW-Authenticate', 'Bearer'] : []),
        ...(status === 405 ? ['Allow', 'GET, HEAD'] : []),
        ...(status === 503 ? ['Retry-After', '1'] : []),
      ])
      .end(text);
  };
}

/** The text format of Prometheus, as `prom-client` names it, which is too large to be loaded here for that. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics that do not keep anybody waiting: where those who count are busy for long, the latest that they told. */
class LatestMetrics {
  #latest: string | undefined;
  #gathering: Promise<string> | undefined;

  constructor(private readonly gather: () => Promise<string>) {}

  async text(): Promise<string> {
    this.#gathering ??= this.gather()
      .then(text => (this.#latest = text))
      .finally(() => (this.#gathering = undefined));
    const late = new Promise<undefined>(resolve => setTimeout(resolve, METRICS_MS, undefined));
    const text = (await Promise.race([this.#gathering.catch(() => undefined), late])) ?? this.#latest;
    if (text !== undefined) return text;
    throw new ShortlistError('not-ready', 'The service is too busy, or not ready, to tell its metrics.');
  }
}
