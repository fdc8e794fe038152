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
