import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import { CsvEventLog } from '../recommend/events/csv-log.js';
import { LiveSnapshot } from '../recommend/live-snapshot.js';
import { SnapshotStore } from '../snapshot/store.js';
import { apiOptions, type Config } from './config.js';
import { Metrics } from './http/metrics.js';
import { type RunningServer, serve } from './http/server.js';

/** A running service. */
export interface Service extends RunningServer {
  readonly live: LiveSnapshot;
  readonly metrics: Metrics;
  /** Switches to the current snapshot of the store; what goes wrong is logged, and the old one stays. */
  reload(): Promise<void>;
}

/**
 * From configuration to a server that is ready: it listens, then loads the newest good snapshot and warms it up.
 * @param onChange called when another snapshot answers
 * @throws {ShortlistError} `no-snapshot`, `events-unavailable`, `port-in-use`, `cannot-listen`
 */
export async function startService(config: Config, logger: Logger, onChange?: () => void): Promise<Service> {
  const started = performance.now();
  const warn = (message: string) => logger.warn(message);
  const refused = (error: unknown) => logger.error(`The current snapshot is refused. ${messageOf(error)}`);
  const events =
    config.EVENTS === undefined
      ? undefined
      : await CsvEventLog.open(config.EVENTS, warn, { memoryMb: config.EVENTS_MEMORY_MB });
  const live = new LiveSnapshot({
    store: new SnapshotStore(config.SNAPSHOTS),
    events,
    precomputed: config.PRECOMPUTED,
    warn,
    onRefused: refused,
    onChange({ snapshot, previous }) {
      logger.info({ snapshot, previous }, `snapshot ${snapshot} answers now`);
      onChange?.();
    },
  });
  const metrics = new Metrics(live, config.RECALL_SAMPLE);
  metrics.observeProcess();
  let server: RunningServer | undefined;
  const close = async () => {
    live.close();
    await server?.close();
    await events?.close();
  };
  try {
    server = await serve({
      live,
      metrics,
      logger,
      ...apiOptions(config),
      host: config.HOST,
      port: config.PORT,
      maxConnections: config.MAX_CONNECTIONS,
      maxTurnMs: config.MAX_TURN_MS,
      requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
      shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    });
    const { id, dataset } = (await live.load()).manifest;
    const seconds = (performance.now() - started) / 1000;
    logger.info({ url: server.url, snapshot: id, dataset, seconds }, `listening on ${server.url}`);
  } catch (error) {
    await close();
    throw error;
  }
  if (config.EVENTS !== undefined && config.API_KEYS_SHA256.length === 0) {
    logger.warn('Without API_KEYS_SHA256, everybody who reaches this server may log events: fit for development only.');
  }
  if (config.RELOAD_INTERVAL_MS > 0) live.watch(config.RELOAD_INTERVAL_MS);
  return { url: server.url, live, metrics, reload: () => live.reload().then(() => {}, refused), close };
}
