import type { GrowthPoint } from '../../src/measure/benchmark/catalogue-growth.js';
import type { ProductionFigures } from '../../src/measure/benchmark/production-figures.js';
import type { RecallSlice } from '../../src/measure/benchmark/recall-slices.js';
import type { SweepPoint } from '../../src/measure/benchmark/sweep.js';
import type { Circumstances } from '../command/report-page.js';

/** What `benchmark --json` prints and `report.json` holds. */
export interface BenchmarkReport extends Circumstances {
  readonly items: number;
  readonly factors: number;
  readonly k: number;
  readonly queries: number;
  /** Searches for the k best candidates. */
  readonly points: readonly SweepPoint[];
  /** The point that the service uses. */
  readonly chosen: SweepPoint | undefined;
  /** Points that no other one beats in both recall and median time. */
  readonly pareto: readonly Pick<SweepPoint, 'source' | 'effort'>[];
  /** Searches for the ten best. */
  readonly topTen: readonly SweepPoint[];
  /** Recall of the point that the service uses, by user activity and by item popularity. */
  readonly slices: {
    readonly byActivity: readonly RecallSlice[];
    readonly byPopularity: readonly RecallSlice[];
  } | null;
  readonly production: ProductionFigures;
  /** Only with `--growth`. */
  readonly growth: { readonly points: readonly GrowthPoint[]; readonly exponent: number } | null;
  readonly users: number;
  /** True when requests left out what the user has seen. */
  readonly masked: boolean;
  readonly rounds: number;
  readonly snapshot: string;
  readonly recallTarget: number;
}
