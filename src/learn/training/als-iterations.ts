import { Arena } from '../../base/kernels/arena.js';
import type { KernelExports } from '../../base/kernels/kernel-exports.js';
import { PANEL_COLUMNS } from '../../base/kernels/layout.js';
import { descendingOrder } from '../../base/numeric/sorting.js';
import { ThreadBarrier } from '../../base/threads/barrier.js';
import { type AlsPlan, type AlsSide, GRAM_PARTS } from './als-plan.js';
import { type EigenSpace, findEigenbasis } from './eigenbasis.js';

/** Most steps of conjugate gradients for a row. Three end within rounding of exact solves' loss after ten iterations. */
const STEPS = 3;
/**
 * The same where interactions differ in confidence: their systems are worse conditioned, and three steps end a percent
 * and more above exact solves. Most rows are done after a few.
 */
const STEPS_WITH_CONFIDENCE = 20;
/** Steps that would lower the loss by less than this for each of the row's interactions (each starts at 1) are left out. */
const TOLERANCE = 1e-5;

/** What the threads report: the loss after an iteration. */
export interface AlsReport {
  readonly iteration: number;
  readonly loss: number;
}

/**
 * One thread's part of all iterations. Results do not depend on which thread does what: rows are solved independently
 * of one another, and every sum has a fixed order.
 */
export function iterateAls(plan: AlsPlan, thread: number, report: (progress: AlsReport) => void): void {
  const { kernels } = Arena.attach(plan.memory);
  const barrier = new ThreadBarrier(plan.barrier, plan.scratch.length);
  const scratch = plan.scratch[thread]!.byteOffset;
  for (let iteration = 1; iteration <= plan.iterations && !barrier.stopped; iteration++) {
    solveSide(plan, kernels, barrier, scratch, plan.users, plan.items);
    solveSide(plan, kernels, barrier, scratch, plan.items, plan.users);
    barrier.meet(() => {
      const loss = sum(plan.items.sums, 0) + sum(plan.items.sums, 1) + sum(plan.users.sums, 1);
      if (!Number.isFinite(loss)) barrier.stop();
      report({ iteration, loss });
    });
  }
}

/** Solves all rows of `target` with `source` fixed. */
function solveSide(
  plan: AlsPlan,
  kernels: KernelExports,
  barrier: ThreadBarrier,
  scratch: number,
  target: AlsSide,
  source: AlsSide,
): void {
  const { stride, gram, panels, spectrum } = plan;
  const rowBytes = 4 * stride;
  for (let part = barrier.nextTask(GRAM_PARTS); part >= 0; part = barrier.nextTask(GRAM_PARTS)) {
    const first = Math.floor((part * source.active) / GRAM_PARTS);
    const end = Math.floor(((part + 1) * source.active) / GRAM_PARTS);
    const sums = gram.subarray(part * stride * stride, (part + 1) * stride * stride).fill(0);
    kernels.addGram(source.factors.byteOffset + first * rowBytes, end - first, stride, sums.byteOffset);
  }

  findEigenbasis(
    kernels,
    barrier,
    eigenSpaceOf(plan),
    () => sumGram(plan),
    () => arrangeEigenbasis(plan),
  );

  const rotate = (side: AlsSide, first: number, end: number): void => {
    const start = side.factors.byteOffset + first * rowBytes;
    kernels.rotateRowsBy(start, end - first, stride, panels.byteOffset, scratch + rowBytes);
  };
  const sourceBlocks = source.blocks.length - 1;
  for (let block = barrier.nextTask(sourceBlocks); block >= 0; block = barrier.nextTask(sourceBlocks)) {
    const first = source.blocks[block]!;
    const end = source.blocks[block + 1]!;
    rotate(source, first, end);
    const squares = source.squares.subarray(block * stride, (block + 1) * stride).fill(0);
    kernels.addWeightedSquares(
      first,
      end,
      source.factors.byteOffset,
      stride,
      source.starts.byteOffset,
      squares.byteOffset,
    );
  }
  barrier.meet(() => averageSquares(plan, source));

  const targetBlocks = target.blocks.length - 1;
  for (let block = barrier.nextTask(targetBlocks); block >= 0; block = barrier.nextTask(targetBlocks)) {
    const first = target.blocks[block]!;
    const end = target.blocks[block + 1]!;
    const long = Math.min(end, target.long);
    if (first < long) rotate(target, first, long);
    kernels.solveRows(
      first,
      end,
      target.factors.byteOffset,
      source.factors.byteOffset,
      stride,
      target.starts.byteOffset,
      target.indices.byteOffset,
      target.weights?.byteOffset ?? 0,
      target.ridges.byteOffset,
      spectrum.byteOffset,
      plan.squares.byteOffset,
      panels.byteOffset,
      plan.longestDual,
      target.weights ? STEPS_WITH_CONFIDENCE : STEPS,
      TOLERANCE,
      scratch,
      target.sums.byteOffset + 16 * block,
    );
  }
  barrier.meet();
}

function eigenSpaceOf({ factors, stride, gram, eigenvectors, eigenvalues, eigenWork }: AlsPlan): EigenSpace {
  return {
    n: factors,
    matrix: gram,
    rowLength: stride,
    vectors: eigenvectors,
    values: eigenvalues,
    work: eigenWork,
    // The parts of the Gram matrix but the first are no longer needed.
    rotations: gram.subarray(stride * stride, -2 * stride * stride),
    packed: gram.subarray(-2 * stride * stride),
  };
}

/** Adds up the parts of the Gram matrix. */
function sumGram({ factors, stride, gram }: AlsPlan): void {
  for (let i = 0; i < factors; i++) {
    for (let j = i; j < factors; j++) {
      let total = 0;
      for (let at = i * stride + j; at < gram.length; at += stride * stride) total += gram[at]!;
      gram[i * stride + j] = total;
    }
  }
}

/** Lays out the eigenbasis as the kernels want it, largest eigenvalue first. */
function arrangeEigenbasis(plan: AlsPlan): void {
  const { factors, stride, eigenvectors, eigenvalues, panels, spectrum } = plan;
  descendingOrder(eigenvalues).forEach((from, column) => {
    // Rounding can leave a zero eigenvalue slightly negative.
    spectrum[column] = plan.unobservedWeight * Math.max(0, eigenvalues[from]!);
    const inPanel = column % PANEL_COLUMNS;
    const first = (column - inPanel) * stride + inPanel;
    for (let k = 0; k < factors; k++) panels[first + k * PANEL_COLUMNS] = eigenvectors[from * factors + k]!;
  });
}

/** The mean square of each element of the source's vectors over all interactions. */
function averageSquares({ stride, squares }: AlsPlan, source: AlsSide): void {
  const interactions = source.indices.length;
  for (let j = 0; j < stride; j++) {
    let total = 0;
    for (let at = j; at < source.squares.length; at += stride) total += source.squares[at]!;
    squares[j] = total / interactions;
  }
}

/** The sum of every second element, in order. */
function sum(sums: Float64Array, offset: number): number {
  let total = 0;
  for (let i = offset; i < sums.length; i += 2) total += sums[i]!;
  return total;
}
