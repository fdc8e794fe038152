import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import { apiOptions, type Config } from '../config.js';
import { keysFor } from '../http/access.js';
import type { Live } from '../http/endpoint.js';
import { holdersOf } from '../http/keys.js';
import { HealthBoard, type HealthReply, REPORT_MS } from './board.js';
import { readyReply } from './ready-reply.js';
import { serveHealth } from './server.js';

interface Report {
  readonly kind: 'health';
  readonly ready: HealthReply;
}

/**
 * Answers on `HEALTH_PORT` for all processes of a service, from the first one, which has nothing else to do.
 * @throws {ShortlistError} `port-in-use`, `cannot-listen`
 */
export async function serveHealthOfProcesses(config: Config, logger: Logger): Promise<void> {
  const { HOST: host, HEALTH_PORT: port } = config;
  if (port === undefined) return;
  const board = new HealthBoard();
  const registry = new AggregatorRegistry();
  const url = await serveHealth({
    host,
    port,
    board,
    gatherMetrics: () => registry.clusterMetrics(),
    mayReadMetrics: holdersOf(keysFor('monitoring', apiOptions(config))),
  });
  logger.info({ healthUrl: url }, `health and metrics on ${url}`);
  cluster.on('message', (worker, message: Report | { readonly kind: 'other' }) => {
    if (message.kind === 'health') board.report(worker.id, message.ready);
  });
  cluster.on('exit', worker => board.forget(worker.id));
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => board.stop());
}

/** Tells the first process from now on how this one is. */
export function reportHealth({ HEALTH_PORT }: Config, live: Live): void {
  if (HEALTH_PORT === undefined) return;
  const report = () => process.send?.({ kind: 'health', ready: readyReply(live) } satisfies Report);
  report();
  setInterval(report, REPORT_MS).unref();
}
