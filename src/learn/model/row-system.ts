import type { Arena } from '../../base/kernels/arena.js';
import { GRAM_ROWS, trainingStride } from '../../base/kernels/layout.js';
import type { Matrix } from '../../base/numeric/matrix.js';

/** weight · (target - x·q)², with the item's row q: a term of the loss of the row x. */
export interface SystemTerm {
  readonly item: number;
  readonly weight: number;
  readonly target: number;
}

/**
 * The linear system (B + ridge · I + Σ weight q qᵀ) x = Σ weight · target · q of one user, solved by Cholesky in the
 * kernels. With a base matrix B (`als`) all columns of the items are unknowns. Without one (`sgd`) all but the last are:
 * that is the item's bias, which belongs to the target.
 */
export class RowSystem {
  readonly #unknowns: number;
  /** Doubles from one row of the system to the next, as the Gram kernel wants them. */
  readonly #stride: number;
  /** B in that layout, or null. */
  readonly #base: Float64Array | null;

  constructor(
    private readonly arena: Arena,
    /** In the arena. */
    private readonly items: Matrix,
    base: Float64Array | null,
  ) {
    const { columns } = items;
    this.#unknowns = base ? columns : columns - 1;
    this.#stride = trainingStride(columns);
    this.#base = base && new Float64Array(this.#stride * this.#stride);
    for (let i = 0; base && i < columns; i++) {
      this.#base?.set(base.subarray(i * columns, (i + 1) * columns), i * this.#stride);
    }
  }

  /** x, or undefined where the system has no unique solution. */
  solve(terms: readonly SystemTerm[], ridge: number): Float64Array | undefined {
    return this.#factorized(terms, ridge, solve => {
      const { data, stride } = this.items;
      const x = new Float64Array(this.#stride);
      for (const { item, weight, target } of terms) {
        const scale = weight * target;
        if (scale === 0) continue;
        const row = item * stride;
        for (let f = 0; f < this.#unknowns; f++) x[f]! += scale * data[row + f]!;
      }
      return solve(x);
    });
  }

  /**
   * qᵢᵀ A⁻¹ qⱼ of every listed item i with the item of every term j, where A is the matrix of the system: how much of a
   * score one unit of weight · target accounts for (Hu, Koren and Volinsky, "Collaborative Filtering for Implicit
   * Feedback Datasets", 2008, section 5).
   */
  influences(terms: readonly SystemTerm[], ridge: number, items: Uint32Array): Float64Array[] | undefined {
    const { arena } = this;
    const { data, stride } = this.items;
    return this.#factorized(terms, ridge, solve => {
      const vector = arena.float32(stride);
      const x = new Float64Array(this.#stride);
      return Array.from(items, item => {
        x.fill(0);
        x.set(data.subarray(item * stride, item * stride + this.#unknowns));
        vector.set(solve(x).subarray(0, this.#unknowns));
        const found = new Float64Array(terms.length);
        for (let t = 0; t < found.length; t++) {
          found[t] = arena.kernels.dot(vector.byteOffset, data.byteOffset + terms[t]!.item * stride * 4, stride);
        }
        return found;
      });
    });
  }

  /** @param use is given what replaces a right side by the solution */
  #factorized<T>(
    terms: readonly SystemTerm[],
    ridge: number,
    use: (solve: (b: Float64Array) => Float64Array) => T,
  ): T | undefined {
    const { kernels, memory } = this.arena;
    const unknowns = this.#unknowns;
    const stride = this.#stride;
    const mark = this.arena.mark();
    try {
      const address = this.arena.reserve(stride * stride * 8);
      const right = this.arena.reserve(stride * 8);
      const gathered = this.arena.float32(GRAM_ROWS * stride);
      const matrix = new Float64Array(memory.buffer, address, stride * stride);
      const vector = new Float64Array(memory.buffer, right, stride);
      if (this.#base) matrix.set(this.#base);
      else matrix.fill(0);
      for (let i = 0; i < unknowns; i++) matrix[i * stride + i]! += ridge;
      for (let first = 0; first < terms.length; first += GRAM_ROWS) {
        const block = terms.slice(first, first + GRAM_ROWS);
        this.#gather(block, gathered);
        kernels.addGram(gathered.byteOffset, block.length, stride, address);
      }
      if (kernels.factorize(address, unknowns, stride) === 0) return undefined;
      return use(b => {
        vector.set(b);
        kernels.solveFactorized(address, unknowns, stride, right);
        b.set(vector);
        return b;
      });
    } finally {
      this.arena.release(mark);
    }
  }

  /** The rows √weight · q of some terms, one after the other. */
  #gather(terms: readonly SystemTerm[], to: Float32Array): void {
    const { data, stride } = this.items;
    terms.forEach(({ item, weight }, t) => {
      const from = item * stride;
      const at = t * this.#stride;
      const scale = Math.sqrt(weight);
      for (let f = 0; f < this.#unknowns; f++) to[at + f] = scale * data[from + f]!;
    });
  }
}
