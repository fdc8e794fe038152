import type { Socket } from 'node:net';

/** Milliseconds between two times at which some connections are read again. */
const TICK_MS = 10;
/** Of those that wait, this part is read again each time, which makes a wait of a tenth of a second, */
const SHARE = 1 / 4;
/** but so many at most, whose refusals take a turn about ten milliseconds: of thousands, each waits longer. */
const MAX_AT_ONCE = 100;
/** The same while connections wait to be accepted. */
const FEW_AT_ONCE = 8;
/** Refusals to one connection while it waits, which are of requests that it sent together. */
const MAX_REFUSALS = 16;

/**
 * Connections whose request was refused. They are not read again for a while: of hundreds that ask again as soon as they
 * are refused, the refusals alone would fill every turn of the event loop, and it accepts one connection in a turn. All
 * of them are told to wait for a second; few wait for hundredths of a second, 500 for a tenth or two.
 */
export class RefusedConnections {
  /** In the order in which they are read again, with the refusals of each. */
  readonly #waiting = new Map<Socket, number>();
  #latest: Socket[] = [];

  /** @param isAccepting whether connections wait to be accepted, for which turns have to be short */
  constructor(private readonly isAccepting: () => boolean) {}

  /** Whether any wait. */
  get some(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * @returns what becomes of the request: it is refused, or refused as the last one of a connection that has sent very many
   *   at once, or no more answered, since that one ends the connection
   */
  add(socket: Socket): 'refuse' | 'end' | 'ignore' {
    const refusals = (this.#waiting.get(socket) ?? 0) + 1;
    this.#waiting.set(socket, refusals);
    // Until the end of the request has been parsed, Node would resume it.
    if (refusals === 1 && this.#latest.push(socket) === 1) setImmediate(this.#pause);
    if (refusals < MAX_REFUSALS) return 'refuse';
    return refusals === MAX_REFUSALS ? 'end' : 'ignore';
  }

  readonly #pause = (): void => {
    if (this.#waiting.size === this.#latest.length) setTimeout(this.#resume, TICK_MS).unref();
    for (const socket of this.#latest) socket.pause();
    this.#latest = [];
  };

  readonly #resume = (): void => {
    let count = this.isAccepting() ? FEW_AT_ONCE : Math.min(Math.ceil(this.#waiting.size * SHARE), MAX_AT_ONCE);
    for (const socket of this.#waiting.keys()) {
      if (count-- === 0) break;
      this.#waiting.delete(socket);
      socket.resume();
    }
    if (this.#waiting.size > 0) setTimeout(this.#resume, TICK_MS).unref();
  };
}
