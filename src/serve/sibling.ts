import cluster from 'node:cluster';
import type { Socket } from 'node:net';
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Answering } from './http/shut-down.js';

/** What the processes of one service tell each other. */
export type Message =
  /** Of one that answers: it is ready; it has taken the connection that it was handed. */
  | { readonly kind: 'ready' | 'taken' }
  | { readonly kind: 'reload' }
  /** To one that answers: it gets connections from now on; one comes along. */
  | { readonly kind: 'admitted' | 'connection' | 'hold' | 'finish' }
  | { readonly kind: 'drain'; readonly replaced: boolean }
  | { readonly kind: 'metrics'; readonly request: number; readonly text?: string };

/** Environment variable that tells a process where its connections come from. */
export const URL_VARIABLE = 'SHORTLIST_URL';

/** What one of several processes says and hears. */
export interface Sibling {
  /** Says that this process takes requests, and resolves when it gets them. @param registry what it counts */
  ready(registry: Registry): Promise<void>;
  /** Tells the others that another snapshot is the current one. */
  announceReload(): void;
  /** The metrics of all processes together. */
  metrics(): Promise<string>;
}

/** What to do when the others, or whoever stops the service, say so. */
export interface SiblingEvents extends Omit<Answering, 'drain'> {
  drain(replaced: boolean): void;
  reload(): void;
  adopt(socket: Socket): void;
  /** The process that accepts connections has died. */
  orphaned(): void;
}

export function joinProcesses(on: SiblingEvents): Sibling {
  const waiting = new Map<number, (text: string | undefined) => void>();
  let requests = 0;
  let onAdmitted = () => {};
  const tell = (message: Message) => process.connected && process.send?.(message);
  process.on('message', (message: Message, socket?: Socket) => {
    if (message.kind === 'connection') {
      tell({ kind: 'taken' });
      // None: its client has gone.
      if (socket) on.adopt(socket);
    } else if (message.kind === 'metrics') waiting.get(message.request)?.(message.text);
    else if (message.kind === 'admitted') onAdmitted();
    else if (message.kind === 'reload') on.reload();
    else if (message.kind === 'drain') on.drain(message.replaced);
    else if (message.kind === 'hold') on.hold();
    else if (message.kind === 'finish') void on.finish();
  });
  // Whoever gathers waits for all processes; one that is starting has counted nothing.
  AggregatorRegistry.setRegistries([]);
  new AggregatorRegistry();
  // Without it, Node would end this process in the middle of its requests when the first one dies.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  process.once('disconnect', () => on.orphaned());
  // A Ctrl-C reaches every process of a terminal; the first of them says when to stop.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});
  return {
    ready(registry) {
      AggregatorRegistry.setRegistries(registry);
      return new Promise(resolve => {
        onAdmitted = resolve;
        tell({ kind: 'ready' });
      });
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
