import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import { EventLog } from '../recommend/events/csv-log.js';
import { SnapshotSwitch } from '../recommend/live-snapshot.js';
import { Serving } from '../recommend/serving.js';
import { SnapshotStore } from '../snapshot/store.js';
import type { Config } from './config.js';
import { Metrics } from './http/metrics.js';
import { type RunningServer, serve } from './http/server.js';

/** A running service. */
export interface Service extends RunningServer {
  readonly metrics: Metrics;
  /** Goes over to the current snapshot of the store; what goes wrong is logged, and the old one stays. */
  reload(): Promise<void>;
}

/**
 * From configuration to a server that is ready: it listens, then loads the newest good snapshot and warms it up.
 * @param onChange is told when another snapshot has taken over
 * @throws {ShortlistError} `no-snapshot`, `events-unavailable`, `port-in-use`, `cannot-listen`
 */
export async function startService(config: Config, logger: Logger, onChange?: () => void): Promise<Service> {
  const started = performance.now();
  const events =
    config.EVENTS === undefined ? undefined : await EventLog.open(config.EVENTS, message => logger.warn(message));
  const serving = new Serving(undefined, events);
  const snapshots = new SnapshotSwitch(
    new SnapshotStore(config.SNAPSHOTS),
    serving,
    logger,
    config.PRECOMPUTED,
    onChange,
  );
  serving.controlledBy(snapshots);
  const metrics = new Metrics(serving, config.RECALL_SAMPLE);
  const server = await serve({
    serving,
    metrics,
    logger,
    host: config.HOST,
    port: config.PORT,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxUrlLength: config.MAX_URL_LENGTH,
    maxTurnMs: config.MAX_TURN_MS,
    deadlineMs: config.DEADLINE_MS,
    apiKeyHashes: config.API_KEYS_SHA256,
    adminKeyHashes: config.ADMIN_KEYS_SHA256,
    readsClosed: config.READS === 'closed',
    requestsPerMinute: config.REQUESTS_PER_MINUTE,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });
  try {
    const { id, dataset } = (await snapshots.start()).manifest;
    const seconds = (performance.now() - started) / 1000;
    logger.info({ url: server.url, snapshot: id, dataset, seconds }, `listening on ${server.url}`);
  } catch (error) {
    await server.close();
    throw error;
  }
  if (config.EVENTS !== undefined && config.API_KEYS_SHA256.length === 0) {
    logger.warn('Without API_KEYS_SHA256, everybody who reaches this server may log events: fit for development only.');
  }
  const stopWatching = config.RELOAD_INTERVAL_MS > 0 ? snapshots.watch(config.RELOAD_INTERVAL_MS) : () => {};
  return {
    url: server.url,
    metrics,
    async reload() {
      await snapshots.reload().catch(error => logger.error(`The current snapshot is refused. ${messageOf(error)}`));
    },
    close() {
      stopWatching();
      return server.close();
    },
  };
}
