/** Milliseconds between two reports that something fails. */
const QUIET_MS = 10_000;

/**
 * Whether something that is done again and again works. Says so when it begins to fail and when it works again, and not for
 * each failure; where it fails and works by turns, at most every ten seconds.
 */
export class Trouble {
  #cause: string | undefined;
  #since = 0;
  #failures = 0;
  /** The cause that was reported last, unless it is over. */
  #reported: string | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param name what fails, as the subject of a sentence
   * @param clock milliseconds
   */
  constructor(
    private readonly name: string,
    private readonly report: (message: string) => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get isFailing(): boolean {
    return this.#cause !== undefined;
  }

  failed(cause: string): void {
    const now = this.clock();
    if (this.#cause === undefined) {
      this.#since = now;
      this.#failures = 0;
    }
    this.#cause = cause;
    this.#failures++;
    if (this.#reported === cause || now - this.#reportedAt < QUIET_MS) return;
    this.#reported = cause;
    this.#reportedAt = now;
    this.report(`${this.name} cannot be used: ${cause}. It is tried again; further failures are only counted.`);
  }

  worked(): void {
    if (this.#cause === undefined) return;
    if (this.#reported !== undefined) {
      const seconds = Math.round((this.clock() - this.#since) / 1000);
      this.report(`${this.name} can be used again, after ${this.#failures} failures in ${seconds} seconds.`);
    }
    this.#cause = undefined;
    this.#reported = undefined;
  }
}
