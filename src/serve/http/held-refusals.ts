import type { Socket } from 'node:net';

/** Milliseconds between two times at which some connections hear that they are refused. */
const TICK_MS = 10;
/** So many each time, */
const MAX_AT_ONCE = 100;
/** or so many while connections still wait to be accepted. */
const FEW_AT_ONCE = 8;

/**
 * Refusals that are held back while connections wait to be accepted, which happens to one in a turn of the event loop. Hundreds
 * that ask again as soon as they are refused would fill every turn with refusals alone. All are told to wait for a second
 * anyway.
 */
export class HeldRefusals {
  /** What is to be sent, by connections in the order in which they hear it. */
  readonly #held = new Map<Socket, (() => void)[]>();

  /** @param isAccepting whether connections wait to be accepted, for which turns have to be short */
  constructor(private readonly isAccepting: () => boolean) {}

  /** Whether any are held. */
  get some(): boolean {
    return this.#held.size > 0;
  }

  /** Holds the refusal of a request until `send` is called. */
  add(socket: Socket, send: () => void): void {
    const refusals = this.#held.get(socket);
    if (refusals) return void refusals.push(send);
    if (this.#held.size === 0) setTimeout(this.#sendSome, TICK_MS).unref();
    this.#held.set(socket, [send]);
  }

  readonly #sendSome = (): void => {
    let count = this.isAccepting() ? FEW_AT_ONCE : MAX_AT_ONCE;
    for (const [socket, refusals] of this.#held) {
      if (count-- === 0) break;
      this.#held.delete(socket);
      for (const send of refusals) send();
    }
    if (this.#held.size > 0) setTimeout(this.#sendSome, TICK_MS).unref();
  };
}
