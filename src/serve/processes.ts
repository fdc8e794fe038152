import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { AggregatorRegistry, type Registry } from 'prom-client';

/** What the processes of one service tell each other. */
type Message =
  | { readonly kind: 'ready' | 'reload' | 'stop' }
  | { readonly kind: 'metrics'; readonly request: number; readonly text?: string };

/** Milliseconds before a process that died is replaced: one that dies at once, again and again, must not take a core. */
const RESTART_MS = 1000;

/**
 * Runs this program in several processes that share its port, and replaces those that die. The first one shows that the
 * service can start at all before the others follow.
 * @returns the exit status, once all have ended
 */
export async function runProcesses(count: number, logger: Logger): Promise<number> {
  let isStopping = false;
  let status = 0;
  const tellAll = (message: Message, except?: Worker) => {
    for (const worker of workers()) if (worker !== except && worker.isConnected()) worker.send(message);
  };

  const registry = new AggregatorRegistry();
  cluster.on('message', async (worker, message: Message) => {
    if (message.kind === 'reload') tellAll(message, worker);
    // A process that was starting when all were told to stop did not hear it.
    if (message.kind === 'ready' && isStopping) worker.send({ kind: 'stop' } satisfies Message);
    if (message.kind !== 'metrics') return;
    const text = await registry.clusterMetrics().catch(() => undefined);
    if (worker.isConnected()) worker.send({ ...message, ...(text !== undefined && { text }) });
  });

  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      isStopping = true;
      // The first signal lets running requests finish; a second one does not wait for them.
      if (++signals === 1) return tellAll({ kind: 'stop' });
      status = 1;
      for (const worker of workers()) worker.process.kill('SIGKILL');
    });
  }
  process.on('SIGHUP', () => tellAll({ kind: 'reload' }));

  const first = cluster.fork();
  const endedWith = await new Promise<number | undefined>(resolve => {
    first.on('message', (message: Message) => message.kind === 'ready' && resolve(undefined));
    first.once('exit', code => resolve(code ?? 1));
  });
  if (endedWith !== undefined) return isStopping ? status : endedWith;

  return new Promise(resolve => {
    const isOver = () => isStopping && workers().length === 0;
    cluster.on('exit', (worker, code, signal) => {
      if (isOver()) return resolve(status);
      if (isStopping) return;
      const facts = { pid: worker.process.pid, code, signal };
      logger.error(facts, 'a process of the service died, another one takes its place');
      setTimeout(() => (isOver() ? resolve(status) : isStopping || cluster.fork()), RESTART_MS);
    });
    for (let i = 1; i < count && !isStopping; i++) cluster.fork();
  });
}

/** What one of several processes says and hears. */
export interface Sibling {
  /** Says that this process takes requests. @param registry what it counts */
  ready(registry: Registry): void;
  /** Tells the others that another snapshot is the current one. */
  announceReload(): void;
  /** The metrics of all processes together. */
  metrics(): Promise<string>;
}

/** @param on what to do when the others, or whoever stops the service, say so */
export function joinProcesses(on: { reload(): void; stop(): void }): Sibling {
  const waiting = new Map<number, (text: string | undefined) => void>();
  let requests = 0;
  let isStopping = false;
  const tell = (message: Message) => process.send?.(message);
  process.on('message', (message: Message) => {
    if (message.kind === 'metrics') waiting.get(message.request)?.(message.text);
    else if (message.kind === 'reload') on.reload();
    else if (message.kind === 'stop' && !isStopping) {
      isStopping = true;
      on.stop();
    }
  });
  // A Ctrl-C reaches every process of a terminal; the first of them says when to stop.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  return {
    ready(registry) {
      AggregatorRegistry.setRegistries(registry);
      // Listens for whoever gathers.
      new AggregatorRegistry();
      tell({ kind: 'ready' });
    },
    announceReload: () => tell({ kind: 'reload' }),
    metrics: () =>
      new Promise((resolve, reject) => {
        const request = requests++;
        waiting.set(request, text => {
          waiting.delete(request);
          if (text === undefined) reject(new Error('Not all processes of the service answered.'));
          else resolve(text);
        });
        tell({ kind: 'metrics', request });
      }),
  };
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined);
}
