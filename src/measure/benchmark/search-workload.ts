import type { Arena } from '../../base/kernels/arena.js';
import { type Matrix, rowOf } from '../../base/numeric/matrix.js';
import { type Csr, rowIndices } from '../../base/numeric/sparse.js';
import { ShortlistError } from '../../errors.js';
import type { CandidateSource, Candidates, Effort } from '../../retrieve/candidate-source.js';
import { ItemMask } from '../../retrieve/item-mask.js';
import { median } from './latency.js';

/** The requests that candidate sources are measured with. */
export interface WorkloadOptions {
  /** The item vectors, in `arena`. */
  readonly items: Matrix;
  /** User vectors; those of items would be another distribution. */
  readonly userFactors: Matrix;
  /** Rows of `userFactors` to ask for. */
  readonly users: Uint32Array;
  /** Items that a request masks: row u belongs to user u. Left out: no masks. */
  readonly seen?: Csr;
  /** Candidates per request. */
  readonly k: number;
}

/**
 * A list of requests with their exact answers. Masks are made once, so that a search is all that is timed.
 */
export class SearchWorkload {
  readonly k: number;
  readonly size: number;
  /** Median milliseconds that an exact answer took. */
  readonly exactMs: number;
  readonly #queries: readonly Float32Array[];
  readonly #masks: readonly (ItemMask | undefined)[];
  readonly #truth: readonly Candidates[];

  /** @param exact a source over the same items that is always exact */
  constructor(
    private readonly arena: Arena,
    private readonly options: WorkloadOptions,
    exact: CandidateSource,
  ) {
    const { items, userFactors, users, seen, k } = options;
    this.k = k;
    this.size = users.length;
    this.#queries = Array.from(users, user => rowOf(userFactors, user));
    this.#masks = Array.from(users, user => {
      if (!seen) return undefined;
      const mask = new ItemMask(arena, items.rows);
      mask.excludeAll(rowIndices(seen, user));
      return mask;
    });
    const times: number[] = [];
    this.#truth = Array.from(users, (_, n) => {
      const start = performance.now();
      const found = exact.search(this.#queries[n]!, k, this.#options(n, 'exact'));
      times.push(performance.now() - start);
      return found;
    });
    this.exactMs = median(times);
  }

  /** The answer of a source to request n. */
  search(source: CandidateSource, effort: Effort, n: number): Candidates {
    return source.search(this.#queries[n]!, this.k, this.#options(n, effort));
  }

  /** The exact answer to request n. */
  truth(n: number): Candidates {
    return this.#truth[n]!;
  }

  /**
   * Computes every score again and holds the answer against all that a candidate source promises: the number of items,
   * none of them twice or masked, their scores and order, and an exact answer where one is certified.
   * @throws ShortlistError 'incorrect-answer'
   */
  check(found: Candidates, source: CandidateSource, effort: Effort, n: number): void {
    const truth = this.truth(n);
    const wrong = (what: string) =>
      new ShortlistError(
        'incorrect-answer',
        `${source.kind} with effort ${effort} answered request ${n} with ${what}; its times mean nothing. This is a bug.`,
        { source: source.kind, effort, request: n },
      );
    if (found.items.length !== truth.items.length) {
      throw wrong(`${found.items.length} items instead of ${truth.items.length}`);
    }
    if (new Set(found.items).size !== found.items.length) throw wrong('an item twice');
    const mask = this.#masks[n];
    const mark = this.arena.mark();
    const query = this.arena.float32(this.options.items.stride);
    query.set(this.#queries[n]!);
    for (let i = 0; i < found.items.length; i++) {
      const item = found.items[i]!;
      const { data, stride } = this.options.items;
      const score = this.arena.kernels.dot(query.byteOffset, data.byteOffset + item * stride * 4, stride);
      if (mask?.has(item)) throw wrong(`item ${item}, which is masked`);
      if (found.scores[i] !== score) throw wrong(`the score ${found.scores[i]} for item ${item} instead of ${score}`);
      if (i > 0 && found.scores[i - 1]! < score) throw wrong('items out of order');
      if (found.certified && item !== truth.items[i]) throw wrong(`a certificate, but item ${item} in place ${i + 1}`);
    }
    this.arena.release(mark);
  }

  #options(n: number, effort: Effort): { effort: Effort; mask?: ItemMask } {
    const mask = this.#masks[n];
    return mask ? { effort, mask } : { effort };
  }
}
