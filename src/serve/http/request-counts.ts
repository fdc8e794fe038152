import type { Store } from 'express-rate-limit';

const MINUTE_MS = 60_000;
/** Keys and addresses that are counted apart; some 200 bytes each. */
const MAX_COUNTED = 32_768;

/**
 * Requests in a minute by key or address, in memory that is bounded however many addresses somebody has. When there are too
 * many, a new one takes the place of the one with the fewest requests, and its count: so those with the most are never
 * forgotten, and a new one is counted too high by the `MAX_COUNTED`-th part of all requests at most (Space-Saving, Metwally et
 * al. 2005, https://doi.org/10.1007/978-3-540-30570-5_27).
 */
export class RequestCounts implements Store {
  readonly localKeys = true;
  readonly #counts = new Map<string, number>();
  /** Those with a count, the first to reach it in front. */
  readonly #having = new Map<number, Set<string>>();
  #fewest = 1;
  #endsAt = 0;

  /** @param most keys that are counted apart */
  constructor(private readonly most = MAX_COUNTED) {}

  /** Counts one more request. */
  increment(key: string): { totalHits: number; resetTime: Date } {
    this.#begin();
    const before = this.#counts.get(key) ?? (this.#counts.size < this.most ? 0 : this.#replaceFewest());
    this.#leave(key, before);
    const hits = before + 1;
    this.#counts.set(key, hits);
    const having = this.#having.get(hits);
    if (having) having.add(key);
    else this.#having.set(hits, new Set([key]));
    if (before === 0) this.#fewest = 1;
    return { totalHits: hits, resetTime: new Date(this.#endsAt) };
  }

  /** Nothing is ever taken back. */
  decrement(): void {}
  resetKey(): void {}

  /** Begins the next minute, when it is time. */
  #begin(): void {
    const now = Date.now();
    // Also where somebody has set the clock back.
    if (now < this.#endsAt && now >= this.#endsAt - MINUTE_MS) return;
    this.#counts.clear();
    this.#having.clear();
    this.#fewest = 1;
    this.#endsAt = now + MINUTE_MS;
  }

  /** Forgets one of those with the fewest requests. Returns how many it had. */
  #replaceFewest(): number {
    while (!this.#having.has(this.#fewest)) this.#fewest++;
    const fewest = this.#fewest;
    const [key = ''] = this.#having.get(fewest) ?? [];
    this.#leave(key, fewest);
    this.#counts.delete(key);
    return fewest;
  }

  #leave(key: string, count: number): void {
    const having = this.#having.get(count);
    having?.delete(key);
    if (having?.size === 0) this.#having.delete(count);
  }
}
