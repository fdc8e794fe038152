/** Time beyond the budget, as a part of it, that a trial may take: a guess is no better than that. */
const OVERTIME = 0.1;

/** Thrown inside a trial that turns out to take longer than what is left. */
export class BudgetEnd extends Error {
  override readonly name = 'BudgetEnd';
}

/** Time for trials. */
export class Budget {
  #spent: number;
  #needed: number | undefined;

  /** @param spent seconds that trials of earlier runs took */
  constructor(
    readonly seconds: number,
    spent: number,
  ) {
    this.#spent = spent;
  }

  /** Seconds that finished trials took. */
  get spent(): number {
    return this.#spent;
  }

  /** Seconds that the trial for which there was not enough would take, as far as is known. */
  get needed(): number | undefined {
    return this.#needed;
  }

  spend(seconds: number): void {
    this.#spent += seconds;
  }

  /** Whether there is time for a trial; one of which nothing is known may begin, as long as any time is left. */
  allows(guessedSeconds = 0): boolean {
    const left = this.seconds * (1 + OVERTIME) - this.#spent;
    if (this.#spent < this.seconds && guessedSeconds <= left) return true;
    this.#needed = guessedSeconds;
    return false;
  }

  /** @throws BudgetEnd when a trial that has begun is seen to need more time than is left */
  check(expectedSeconds: number): void {
    if (!this.allows(expectedSeconds)) throw new BudgetEnd();
  }
}

/** Part of a trial that has to be seen before its pace says anything. */
const PART_SEEN = 0.05;

/**
 * Guesses from progress how many seconds a trial will take. What comes before the first report, threads that start and
 * data that are laid out, is no part of its pace.
 * @returns given the part done, above 0 and up to 1, and the seconds that took: the seconds in the end
 */
export function createForecast(): (part: number, seconds: number) => number {
  let first: { part: number; seconds: number } | undefined;
  return (part, seconds) => {
    first ??= { part, seconds };
    if (part - first.part < PART_SEEN) return seconds;
    return seconds + ((seconds - first.seconds) / (part - first.part)) * (1 - part);
  };
}
