import cluster, { type Worker } from 'node:cluster';
import { createServer, type Server, type Socket } from 'node:net';
import { mostConnections } from './http/open-connections.js';
import type { Message } from './sibling.js';

/**
 * Hands the connections of one listening socket to the processes that are ready, each to one that has taken what it was
 * given before. Node's own cluster does the same, but forgets the connection that is on its way to a process which dies, and
 * stops listening when no process is left.
 */
export class Connections {
  /** To be listened with. */
  readonly listener: Server;
  readonly #ready = new Set<Worker>();
  /** Those of them to which nothing is on its way, the one that has waited longest first. */
  readonly #free: Worker[] = [];
  readonly #onTheirWay = new Map<Worker, Socket>();
  readonly #waiting: Socket[] = [];
  /** Each takes a descriptor. */
  readonly #mostWaiting = mostConnections();
  #onHandedOn = () => {};

  /** @param adopt takes connections while no process is ready */
  constructor(private readonly adopt: (socket: Socket) => void) {
    // Not read here: all that comes is for the process that answers.
    this.listener = createServer({ pauseOnConnect: true, allowHalfOpen: true }, socket => {
      if (this.#waiting.length >= this.#mostWaiting) return void socket.destroy();
      // One that breaks while it waits here breaks for the process that gets it, too.
      socket.on('error', () => {});
      this.#waiting.push(socket);
      this.#deal();
    });
    cluster.on('message', (worker: Worker, { kind }: Message) => kind === 'taken' && this.#taken(worker));
    // Node emits no `disconnect` where a connection was on its way.
    cluster.on('exit', worker => this.#lost(worker));
  }

  /** How many processes take connections. */
  get ready(): number {
    return this.#ready.size;
  }

  /** From now on a process is handed connections. */
  add(worker: Worker): void {
    this.#ready.add(worker);
    this.#free.push(worker);
    this.#deal();
  }

  /** No more for this one. */
  remove(worker: Worker): void {
    this.#ready.delete(worker);
    const at = this.#free.indexOf(worker);
    if (at >= 0) this.#free.splice(at, 1);
    this.#deal();
  }

  /** Resolves when all that have come are with a process that answers them. */
  async handedOn(): Promise<void> {
    while (this.#waiting.length + this.#onTheirWay.size > 0) {
      await new Promise<void>(resolve => {
        this.#onHandedOn = resolve;
      });
    }
  }

  #taken(worker: Worker): void {
    // The process that answers has it now.
    this.#onTheirWay.get(worker)?.destroy();
    this.#onTheirWay.delete(worker);
    if (this.#ready.has(worker)) this.#free.push(worker);
    this.#deal();
  }

  #lost(worker: Worker): void {
    // What it said before it died is read first.
    if (worker.isConnected()) return void setImmediate(() => this.#lost(worker));
    const socket = this.#onTheirWay.get(worker);
    this.#onTheirWay.delete(worker);
    if (socket) this.#waiting.unshift(socket);
    this.remove(worker);
  }

  #deal(): void {
    while (this.#waiting.length > 0 && (this.#free.length > 0 || this.#ready.size === 0)) {
      const socket = this.#waiting.shift()!;
      const worker = this.#free.shift();
      if (!worker) this.adopt(socket);
      else {
        this.#onTheirWay.set(worker, socket);
        // Kept open, to be handed to another one if this one dies.
        worker.send({ kind: 'connection' } satisfies Message, socket, { keepOpen: true }, () => {});
      }
    }
    this.#onHandedOn();
  }
}
