import type { Logger } from 'pino';
import { WorkerPool } from '../../base/threads/pool.js';
import { messageOf } from '../../errors.js';
import { apiOptions, type Config } from '../config.js';
import { keysFor } from '../http/access.js';
import type { Live } from '../http/endpoint.js';
import type { Metrics } from '../http/metrics.js';
import { type HealthReply, REPORT_MS } from './board.js';
import { readyReply } from './ready-reply.js';

/** What the thread is given. */
export interface HealthTask {
  readonly host: string;
  readonly port: number;
  /** Hashes of keys that may read the metrics. Undefined: it needs none. */
  readonly keyHashes: readonly string[] | undefined;
}

/** From the thread that answers requests to the one that tells of its health. */
export type ServiceMessage =
  | { readonly kind: 'report'; readonly ready: HealthReply }
  | { readonly kind: 'metrics'; readonly text: string }
  | { readonly kind: 'stop' };

/** And back. */
export type HealthMessage = { readonly kind: 'listening'; readonly url: string } | { readonly kind: 'metrics' };

export interface HealthThread {
  /** Tells from now on how the service is, until the process is told to stop. */
  follow(service: { readonly live: Live; readonly metrics: Metrics }): void;
}

/**
 * Answers for this process on `HEALTH_PORT`, from a thread of its own: alive and not ready at first. It ends with the
 * process.
 * @throws {ShortlistError} `port-in-use`, `cannot-listen`
 */
export async function startHealthThread(config: Config, logger: Logger): Promise<HealthThread | undefined> {
  const { HOST: host, HEALTH_PORT: port } = config;
  if (port === undefined) return undefined;
  let textOf: (() => Promise<string>) | undefined;
  const thread = await new Promise<WorkerPool<HealthTask, HealthMessage>>((resolve, reject) => {
    const post = (message: ServiceMessage) => pool.post(message);
    const pool = new WorkerPool<HealthTask, HealthMessage>(new URL('./thread.js', import.meta.url), {
      purpose: 'answers on the port for health',
      threads: 1,
      job: { host, port, keyHashes: keysFor('monitoring', apiOptions(config)) },
      onMessage(message) {
        if (message.kind === 'metrics') {
          return void textOf?.().then(
            text => post({ kind: 'metrics', text }),
            () => {},
          );
        }
        logger.info({ healthUrl: message.url }, `health and metrics on ${message.url}`);
        resolve(pool);
      },
    });
    pool.ended.catch(reject);
  });
  const post = (message: ServiceMessage) => thread.post(message);
  thread.ended.catch(error => logger.error(`Nothing answers on the port for health any more. ${messageOf(error)}`));
  return {
    follow({ live, metrics }) {
      textOf = () => metrics.text();
      const report = () => post({ kind: 'report', ready: readyReply(live) });
      report();
      setInterval(report, REPORT_MS).unref();
      for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => post({ kind: 'stop' }));
    },
  };
}
