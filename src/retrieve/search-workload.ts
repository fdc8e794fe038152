import type { Arena } from '../base/kernels/arena.js';
import { type Matrix, rowOf } from '../base/numeric/matrix.js';
import { type Csr, rowIndices } from '../base/numeric/sparse.js';
import type { CandidateSource, Candidates, Effort } from './candidate-source.js';
import { ItemMask } from './item-mask.js';

/** The requests that candidate sources are measured with. */
export interface WorkloadOptions {
  /** User vectors, one row per user. Item vectors would be another distribution, hence another answer. */
  readonly queries: Matrix;
  /** Rows of `queries` to ask for. */
  readonly users: Uint32Array;
  /** Items that a request masks: row u belongs to user u. Left out: no masks. */
  readonly seen?: Csr;
  /** Candidates per request. */
  readonly k: number;
  /** Length of the final list. Default 10. */
  readonly limit?: number | undefined;
}

/** A list of requests with their exact answers. */
export class SearchWorkload {
  readonly size: number;
  readonly k: number;
  readonly limit: number;
  readonly #options: WorkloadOptions;
  readonly #mask: ItemMask;
  readonly #truth: readonly Candidates[];

  /**
   * @param arena of the sources; the workload has a mask in it
   * @param exact asked for an exact answer, says what is to be found
   */
  constructor(arena: Arena, options: WorkloadOptions, exact: CandidateSource) {
    this.#options = options;
    this.size = options.users.length;
    this.k = options.k;
    this.limit = options.limit ?? 10;
    this.#mask = new ItemMask(arena, exact.items);
    this.#truth = Array.from(options.users, (_, n) => this.ask(exact, 'exact', n).found);
  }

  /** The exact answer to request n. */
  truth(n: number): Candidates {
    return this.#truth[n]!;
  }

  query(n: number): Float32Array {
    return rowOf(this.#options.queries, this.#options.users[n]!);
  }

  /** What request n masks, until another one is asked for. */
  mask(n: number): ItemMask {
    const { seen, users } = this.#options;
    this.#mask.clear();
    if (seen) this.#mask.excludeAll(rowIndices(seen, users[n]!));
    return this.#mask;
  }

  /** The answer of a source to request n, and the microseconds that the search alone took. */
  ask(source: CandidateSource, effort: Effort, n: number): { readonly found: Candidates; readonly us: number } {
    const query = this.query(n);
    const options = { mask: this.mask(n), effort };
    const start = performance.now();
    const found = source.search(query, this.k, options);
    return { found, us: (performance.now() - start) * 1000 };
  }
}
