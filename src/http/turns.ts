import { ShortlistError } from '../errors.js';
import { overloaded } from './overload.js';

/** Long requests that may be under way when another one comes: each holds a reply of some megabytes. */
const MAX_WAITING = 16;

/**
 * Hands turns of the event loop to long requests, one request a turn: however many there are, short ones wait for a
 * part of one of them only.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /**
   * What one request awaits between its parts: it resolves in a turn that no other long request has, and throws
   * `overloaded` where too many were before this one, or `deadline-exceeded`.
   * @param isOver whether the request need not go on
   */
  forRequest(isOver: () => boolean): () => Promise<void> {
    let isUnderWay = false;
    return async () => {
      if (!isUnderWay && this.#waiting.length >= MAX_WAITING) throw overloaded();
      isUnderWay = true;
      await new Promise<void>(resolve => {
        if (this.#waiting.push(resolve) === 1) setImmediate(this.#run);
      });
      if (!isOver()) return;
      throw new ShortlistError(
        'deadline-exceeded',
        'The server could not finish this request in time. Ask for less at once, or try again later.',
      );
    };
  }

  readonly #run = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#run);
  };
}
