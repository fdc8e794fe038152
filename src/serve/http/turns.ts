import { ShortlistError } from '../../errors.js';
import { overloaded } from './load-bound.js';

/** Long requests that may wait when another one comes: some seconds of work. */
const MAX_WAITING = 16;

/**
 * Hands turns of the event loop to long requests: in one turn one part of one of them, so that short requests never wait
 * for more. The first to come is finished first: were they to take turns, all would end late, or too late.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /**
   * What one request awaits before each of its parts. It throws `overloaded` where too many wait before the first part,
   * and `deadline-exceeded`.
   * @param isOver whether the request need not go on
   */
  forRequest(isOver: () => boolean): () => Promise<void> {
    let isUnderWay = false;
    return async () => {
      if (!isUnderWay && this.#waiting.length >= MAX_WAITING) throw overloaded();
      await new Promise<void>(resolve => {
        if (this.#waiting.length === 0) setImmediate(this.#run);
        if (isUnderWay) this.#waiting.unshift(resolve);
        else this.#waiting.push(resolve);
      });
      isUnderWay = true;
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
