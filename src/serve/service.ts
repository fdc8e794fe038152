import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import { CsvEventLog } from '../recommend/events/csv-log.js';
import { LiveSnapshot } from '../recommend/live-snapshot.js';
import { SnapshotStore } from '../snapshot/store.js';
import { apiOptions, type Config } from './config.js';
import { Metrics } from './http/metrics.js';
import { type ApiServer, createApiServer, type RunningServer, serve } from './http/server.js';
import type { Drain } from './http/shut-down.js';

interface Parts {
  readonly live: LiveSnapshot;
  readonly metrics: Metrics;
  /** Switches to the current snapshot of the store; what goes wrong is logged, and the old one stays. */
  reload(): Promise<void>;
}

/** A running service. */
export interface Service extends RunningServer, Parts {}

/** A service over connections that another process accepts. */
export interface ServiceBehind extends ApiServer, Parts {
  /** Logs that it answers. */
  announce(): void;
}

/**
 * From configuration to a server that is ready: it listens, then loads the newest good snapshot and warms it up.
 * @param onChange called when another snapshot answers
 * @throws {ShortlistError} `no-snapshot`, `events-unavailable`, `port-in-use`, `cannot-listen`
 */
export async function startService(config: Config, logger: Logger, onChange?: () => void): Promise<Service> {
  const { options, parts, load, announce, end } = await open(config, logger, onChange);
  let server: RunningServer | undefined;
  const close = async (drain?: Drain) => {
    await server?.close(drain);
    await end();
  };
  try {
    server = await serve({ ...options, host: config.HOST, port: config.PORT });
    await load();
    announce(server.url);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...parts, url: server.url, close };
}

/**
 * The same without a port of its own, ready to answer.
 * @param url where the connections come from
 * @throws {ShortlistError} `no-snapshot`, `events-unavailable`
 */
export async function startBehind(
  url: string,
  config: Config,
  logger: Logger,
  onChange: () => void,
): Promise<ServiceBehind> {
  const { options, parts, load, announce, end } = await open(config, logger, onChange);
  await load();
  const api = createApiServer(options);
  return { ...parts, ...api, announce: () => announce(url), finish: () => api.finish().then(end) };
}

/** What answers while nothing else is ready to: that it lives and is not ready. */
export function waitingRoom(config: Config, logger: Logger): ApiServer {
  const live = new LiveSnapshot({ store: new SnapshotStore(config.SNAPSHOTS) });
  const api = createApiServer({ ...apiOptions(config), ...boundsOf(config), live, metrics: new Metrics(live), logger });
  // Clients that come again find a process that has become ready meanwhile.
  api.drain(true);
  return api;
}

function boundsOf(config: Config) {
  return {
    maxConnections: config.MAX_CONNECTIONS,
    maxTurnMs: config.MAX_TURN_MS,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  };
}

/** All of a service but its connections. */
async function open(config: Config, logger: Logger, onChange?: () => void) {
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
  return {
    options: { live, metrics, logger, ...apiOptions(config), ...boundsOf(config) },
    parts: { live, metrics, reload: () => live.reload().then(() => {}, refused) },
    /** Once nobody is answered any more: the log of events last. */
    async end() {
      live.close();
      await events?.close();
    },
    async load() {
      await live.load();
      if (config.RELOAD_INTERVAL_MS > 0) live.watch(config.RELOAD_INTERVAL_MS);
    },
    announce(url: string) {
      const { id, dataset } = live.recommender.manifest;
      const seconds = (performance.now() - started) / 1000;
      logger.info({ url, snapshot: id, dataset, seconds }, `listening on ${url}`);
      if (config.EVENTS !== undefined && config.API_KEYS_SHA256.length === 0) {
        logger.warn(
          'Without API_KEYS_SHA256, everybody who reaches this server may log events: fit for development only.',
        );
      }
    },
  };
}
