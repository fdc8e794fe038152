import type { Arena } from '../../base/kernels/arena.js';
import { foldInWorkFloats, GRAM_ROWS, RIGHT_SIDES, trainingStride } from '../../base/kernels/layout.js';
import { SharedSpace } from '../../base/kernels/shared-space.js';
import type { Matrix } from '../../base/numeric/matrix.js';
import { allSteps, type Steps } from '../../base/threads/steps.js';
import { type GramBasis, gramBasisOf } from './gram-basis.js';

/** Terms weight · (target - x·q)² of the loss of the row x, each with the row q of its item. */
export interface SystemTerms {
  readonly items: Uint32Array;
  readonly weights: Float32Array;
  readonly targets: Float32Array;
}

/** weight · QᵀQ of all items. */
export interface SystemBase {
  /** QᵀQ, columns × columns. */
  readonly gram: Float64Array;
  readonly weight: number;
  /** Of `gram`. Default: found when it is first needed. */
  readonly basis?: GramBasis | undefined;
}

/**
 * The error at which conjugate gradients end, as a part of the solution. Measured at 256 factors against the exact solution,
 * histories of 1 to 1,000 items of three data sets: vectors differ by up to 1e-4 of their length, scores by up to 1e-4 of
 * the largest, and the 100 best items are the same but for ties.
 */
const TOLERANCE = 4e-5;
/** Some 5 to 15 are usual. */
const MAX_STEPS = 60;
/** How much a user's terms may weigh beside the rest of the system for single precision to reach `TOLERANCE`. */
const MOST_WEIGHT = 1e6;
/** Products that a step of making a system, or of factorizing it, sums at most: about 1 ms. */
const STEP_PRODUCTS = 1 << 24;

/**
 * The linear system (B + ridge · I + Σ weight q qᵀ) x = Σ weight · target · q of one user, solved in the kernels. With a
 * base B (`als`) all columns of the items are unknowns. Without one (`sgd`) all but the last are: that is the item's bias,
 * which belongs to the target.
 */
export class RowSystem {
  readonly #unknowns: number;
  /** Floats or doubles from one row to the next. */
  readonly #stride: number;
  #basis: GramBasis | undefined;
  /** For `influences`, from the first one on. */
  #space: SharedSpace | undefined;

  constructor(
    private readonly arena: Arena,
    /** In the arena. */
    private readonly items: Matrix,
    private readonly base: SystemBase | null,
    /** How many there are at most. */
    private readonly mostTerms: number,
  ) {
    const { columns } = items;
    this.#unknowns = base ? columns : columns - 1;
    this.#stride = trainingStride(columns);
    this.#basis = base?.basis;
  }

  /**
   * x, `columns` floats of which an sgd item's bias is zero, or undefined where the system has no unique solution.
   * @param start about the solution. Default: nothing is known of it.
   */
  solve(terms: SystemTerms, ridge: number, start?: Float32Array): Float32Array | undefined {
    const { arena, base } = this;
    const { kernels } = arena;
    const stride = this.#stride;
    // What outlives the call comes before what does not.
    if (base) this.#basis ??= gramBasisOf(arena, base.gram, this.#unknowns);
    const mark = arena.mark();
    try {
      const count = terms.items.length;
      const rows = arena.reserve(this.#rowBytes(count));
      const { weights, total } = this.#gather(terms, rows);
      const targets = arena.float32(count + 3);
      targets.set(terms.targets);
      const dense = arena.float32(stride).fill(1);
      const least = this.#fillDense(dense, ridge);
      if (total < MOST_WEIGHT * least) {
        const x = arena.float32(stride);
        if (start) x.set(start.subarray(0, this.#unknowns));
        const steps = kernels.foldIn(
          rows,
          count,
          stride,
          weights.byteOffset,
          targets.byteOffset,
          this.#basis?.axes.byteOffset ?? 0,
          dense.byteOffset,
          x.byteOffset,
          start !== undefined,
          MAX_STEPS,
          TOLERANCE,
          arena.reserve(foldInWorkFloats(stride, count) * 4),
        );
        if (steps >= 0) return x.slice(0, this.items.columns);
      }
      return this.#solveExactly(terms, ridge);
    } finally {
      arena.release(mark);
    }
  }

  /**
   * √weight · qᵢᵀ A⁻¹ qⱼ of every listed item i with the item of every term j, where A is the matrix of the system: how much
   * of a score one unit of √weight · target accounts for (Hu, Koren and Volinsky, "Collaborative Filtering for Implicit
   * Feedback Datasets", 2008, section 5). Undefined where the system has no unique solution.
   */
  *influences(terms: SystemTerms, ridge: number, items: Uint32Array): Steps<Float32Array[] | undefined> {
    const { arena } = this;
    const stride = this.#stride;
    const count = terms.items.length;
    this.#space ??= new SharedSpace(arena, this.#matrixBytes + this.#rowBytes(this.mostTerms));
    const matrix = this.#space.address;
    const rows = matrix + this.#matrixBytes;
    const goOn = this.#space.tenant(this.#matrixBytes + this.#rowBytes(count));
    if (!(yield* this.#factorize(terms, ridge, matrix, rows, goOn))) return undefined;
    const influences: Float32Array[] = [];
    for (let first = 0; first < items.length; first += RIGHT_SIDES) {
      yield;
      goOn();
      const mark = arena.mark();
      try {
        const some = items.subarray(first, first + RIGHT_SIDES);
        const solved = this.#solutionsOf(matrix, some);
        const x = arena.float32(stride);
        const found = arena.float32(count + 3);
        for (let side = 0; side < some.length; side++) {
          for (let f = 0; f < this.#unknowns; f++) x[f] = solved[f * RIGHT_SIDES + side]!;
          arena.kernels.dotRowsWith(x.byteOffset, rows, count, stride, found.byteOffset);
          influences.push(found.slice(0, count));
        }
      } finally {
        arena.release(mark);
      }
    }
    return influences;
  }

  /** A⁻¹ q of up to `RIGHT_SIDES` items, by the factorized system. In scratch memory. */
  #solutionsOf(matrix: number, items: Uint32Array): Float64Array {
    const { data, stride } = this.items;
    const unknowns = this.#unknowns;
    const right = this.#doubles(RIGHT_SIDES * unknowns).fill(0);
    for (let side = 0; side < items.length; side++) {
      const from = items[side]! * stride;
      for (let f = 0; f < unknowns; f++) right[f * RIGHT_SIDES + side] = data[from + f]!;
    }
    this.arena.kernels.solveFactorized(matrix, unknowns, this.#stride, right.byteOffset);
    return right;
  }

  /** By Cholesky in double precision. */
  #solveExactly(terms: SystemTerms, ridge: number): Float32Array | undefined {
    const { columns, data, stride } = this.items;
    const unknowns = this.#unknowns;
    const matrix = this.arena.reserve(this.#matrixBytes);
    const rows = this.arena.reserve(this.#rowBytes(terms.items.length));
    if (!allSteps(this.#factorize(terms, ridge, matrix, rows, () => {}))) return undefined;
    const right = this.#doubles(RIGHT_SIDES * unknowns).fill(0);
    terms.items.forEach((item, t) => {
      const scale = terms.weights[t]! * terms.targets[t]!;
      for (let f = 0; f < unknowns; f++) right[f * RIGHT_SIDES]! += scale * data[item * stride + f]!;
    });
    this.arena.kernels.solveFactorized(matrix, unknowns, this.#stride, right.byteOffset);
    return Float32Array.from({ length: columns }, (_, f) => (f < unknowns ? right[f * RIGHT_SIDES]! : 0));
  }

  /**
   * Makes the system, factorized by Cholesky, and the rows √weight · q.
   * @param goOn called after whatever came in between
   * @returns whether it has a unique solution
   */
  *#factorize(terms: SystemTerms, ridge: number, matrix: number, rows: number, goOn: () => void): Steps<boolean> {
    const { base } = this;
    const { kernels, memory } = this.arena;
    const unknowns = this.#unknowns;
    const stride = this.#stride;
    const count = terms.items.length;
    goOn();
    const mark = this.arena.mark();
    try {
      const { weights } = this.#gather(terms, rows);
      for (let t = 0; t < count; t++) weights[t] = Math.sqrt(weights[t]!);
      kernels.scaleRows(rows, count, stride, weights.byteOffset);
    } finally {
      this.arena.release(mark);
    }
    const entries = new Float64Array(memory.buffer, matrix, stride * stride).fill(0);
    for (let i = 0; i < unknowns; i++) {
      // The upper triangle is all that counts.
      for (let j = i; base && j < unknowns; j++) entries[i * stride + j] = base.weight * base.gram[i * unknowns + j]!;
      entries[i * stride + i]! += ridge;
    }
    // Where rows are long, still enough of them that adding their sums to the matrix costs little.
    const block = Math.max(GRAM_ROWS / 2, Math.floor(STEP_PRODUCTS / stride ** 2));
    for (let first = 0; first < count; first += block) {
      yield;
      goOn();
      kernels.addGram(rows + first * stride * 4, Math.min(block, count - first), stride, matrix);
    }
    // A row takes a quarter of `stride` squared at most, in double precision.
    const some = Math.floor(STEP_PRODUCTS / stride ** 2) + 1;
    for (let first = 0; first < unknowns; first += some) {
      yield;
      goOn();
      if (kernels.factorize(matrix, first, Math.min(unknowns, first + some), stride) === 0) return false;
    }
    return true;
  }

  get #matrixBytes(): number {
    return 8 * this.#stride ** 2;
  }

  /** Of the rows of some terms, with zeros to a whole group of four. */
  #rowBytes(terms: number): number {
    return 4 * (terms + 3) * this.#stride;
  }

  /**
   * Puts the rows of some terms at `rows`, and their weights in scratch memory, each with zeros to a whole group of four.
   * @returns with Σ weight |q|² as `total`
   */
  #gather({ items, weights }: SystemTerms, rows: number): { weights: Float32Array; total: number } {
    const { arena } = this;
    const { data, stride: itemStride } = this.items;
    const count = items.length;
    const indices = arena.uint32(count);
    indices.set(items);
    const placed = arena.float32(count + 3);
    placed.set(weights);
    const total = arena.kernels.gatherRows(
      data.byteOffset,
      itemStride,
      indices.byteOffset,
      placed.byteOffset,
      count,
      this.#unknowns,
      rows,
      this.#stride,
    );
    return { weights: placed, total };
  }

  /** Makes `dense` the eigenvalues of B + ridge · I. @returns the least of them */
  #fillDense(dense: Float32Array, ridge: number): number {
    const { base } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#unknowns; i++) {
      // Rounding may have left an eigenvalue of zero below it.
      const value = ridge + (base ? base.weight * Math.max(0, this.#basis!.values[i]!) : 0);
      dense[i] = value;
      least = Math.min(least, value);
    }
    return least;
  }

  #doubles(length: number): Float64Array {
    const address = this.arena.reserve(8 * length);
    return new Float64Array(this.arena.memory.buffer, address, length);
  }
}
