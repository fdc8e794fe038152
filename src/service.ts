import type { Logger } from 'pino';
import type { Config } from './config.js';
import { type RunningServer, serve } from './http/server.js';
import { Serving } from './http/serving.js';
import { openRecommender } from './recommender/open-recommender.js';
import { loadNewestSnapshot } from './snapshot/snapshot.js';
import { SnapshotStore } from './snapshot/store.js';

/**
 * From configuration to a listening server: the newest good snapshot, a recommender over it, HTTP.
 * @throws {ShortlistError} `no-snapshot`, `port-in-use`, `cannot-listen`
 */
export async function startService(config: Config, logger: Logger): Promise<RunningServer> {
  const started = performance.now();
  const warn = (message: string) => logger.warn(message);
  const snapshot = await loadNewestSnapshot(new SnapshotStore(config.SNAPSHOTS), warn);
  const server = await serve({
    serving: new Serving(await openRecommender(snapshot, warn)),
    logger,
    host: config.HOST,
    port: config.PORT,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxUrlLength: config.MAX_URL_LENGTH,
    maxRequestsPerTurn: config.MAX_REQUESTS_PER_TURN,
    apiKeyHashes: config.API_KEYS_SHA256,
    requestsPerMinute: config.REQUESTS_PER_MINUTE,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });
  const { id, dataset } = snapshot.manifest;
  const seconds = (performance.now() - started) / 1000;
  logger.info({ url: server.url, snapshot: id, dataset, seconds }, `listening on ${server.url}`);
  return server;
}
