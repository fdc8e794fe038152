import { Arena } from '../../base/kernels/arena.js';
import type { Matrix } from '../../base/numeric/matrix.js';
import { createRandom } from '../../base/numeric/random.js';
import { buildCells } from '../../retrieve/build-cells.js';
import { renumberItems } from '../../retrieve/cells.js';
import { createClusterSource } from '../../retrieve/clusters.js';
import { createExactSource } from '../../retrieve/exact.js';
import type { Latency } from '../../retrieve/latency.js';
import { SearchWorkload } from '../../retrieve/search-workload.js';
import { answerCheck } from './answer-check.js';
import { sweep } from './sweep.js';

/** What a catalogue of a certain size takes. */
export interface GrowthPoint extends Latency {
  readonly items: number;
  readonly cells: number;
  readonly nprobe: number;
  readonly recall: number;
  readonly exactP50us: number;
  readonly buildSeconds: number;
  /** Memory of the cells beside the item vectors. */
  readonly bytes: number;
  /**
   * The whole numeric memory after build and searches, scratch and exact source included, as a multiple of the item
   * vectors alone.
   */
  readonly memoryRatio: number;
}

/** How far a drawn item is from the real one it comes from, as a part of the way between two real ones. */
const SPREAD = 0.3;

/**
 * Items of the same shape as real ones: a real vector plus a part of the difference of two others, which keeps the
 * directions in which the catalogue spreads, and its skewed lengths.
 */
export function drawItems(arena: Arena, real: Matrix, count: number, seed: number): Matrix {
  const random = createRandom(seed);
  const drawn = arena.matrix(count, real.columns);
  for (let row = 0; row < count; row++) {
    const [from, to, base] = [0, 0, 0].map(() => random.below(real.rows) * real.stride) as [number, number, number];
    for (let c = 0; c < real.columns; c++) {
      drawn.data[row * drawn.stride + c] = real.data[base + c]! + SPREAD * (real.data[to + c]! - real.data[from + c]!);
    }
  }
  return drawn;
}

/**
 * Builds cells over a drawn catalogue and measures the least effort that reaches the wanted recall.
 * @param users rows of `userFactors` to ask for
 */
export async function measureGrowth(
  real: Matrix,
  userFactors: Matrix,
  users: Uint32Array,
  { items: count, k, recall, seed }: { items: number; k: number; recall: number; seed: number },
): Promise<GrowthPoint> {
  const arena = Arena.create();
  const items = drawItems(arena, real, count, seed);
  const start = performance.now();
  const { order, cells } = await buildCells(arena, items, { seed });
  renumberItems(items, order);
  const buildSeconds = (performance.now() - start) / 1000;
  const exact = createExactSource(arena, items);
  const source = createClusterSource(arena, items, cells);
  const workload = new SearchWorkload(arena, { queries: userFactors, users, k }, exact);
  const points = await sweep(
    [
      { source: exact, name: 'exact', parametersAt: () => ({}), always: ['exact'], buildSeconds: 0 },
      { source, name: 'clusters', parametersAt: nprobe => ({ nprobe }), always: [], buildSeconds },
    ],
    workload,
    { rounds: 3, until: recall, step: 1.1, check: answerCheck(arena, items, workload) },
  );
  const clusters = points.filter(point => point.source === 'clusters');
  const chosen = clusters.find(point => point.recall >= recall) ?? clusters.at(-1)!;
  const { p50us, p95us, p99us, qps } = chosen;
  return {
    items: count,
    cells: cells.centroids.rows,
    nprobe: Number(chosen.effort),
    recall: chosen.recall,
    ...{ p50us, p95us, p99us, qps },
    exactP50us: points[0]!.p50us,
    buildSeconds,
    bytes: chosen.bytes,
    memoryRatio: arena.memory.buffer.byteLength / items.data.byteLength,
  };
}

/** The exponent e of time ~ items^e that fits best (least squares between logarithms). */
export function growthExponent(points: readonly Pick<GrowthPoint, 'items' | 'p50us'>[]): number {
  const x = points.map(point => Math.log(point.items));
  const y = points.map(point => Math.log(point.p50us));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0);
  return covariance / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}
