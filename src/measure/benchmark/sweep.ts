import type { CandidateSource, Effort } from '../../retrieve/candidate-source.js';
import type { Latency } from '../../retrieve/latency.js';
import {
  type CheckAnswer,
  type MeasuredSearch,
  measure,
  measureCurve,
  timeSearches,
} from '../../retrieve/measure-search.js';
import type { SearchWorkload } from '../../retrieve/search-workload.js';

/** A candidate source in a comparison. */
export interface Contender {
  readonly source: CandidateSource;
  /** Names it where there are several of a kind. */
  readonly name: string;
  /** The parameters that an effort means, under the names that the field has for them. */
  readonly parametersAt: (effort: Effort) => Readonly<Record<string, number | string>>;
  /** Efforts that are measured whatever their recall. */
  readonly always: readonly Effort[];
  /** Seconds that it took to build. */
  readonly buildSeconds: number;
}

/** One setting of one source, measured. */
export interface SweepPoint extends Latency {
  readonly source: string;
  readonly effort: Effort;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Mean part of the exact k that was found; an item as good as the k-th counts. */
  readonly recall: number;
  /** The same for the first ten: how much of the final list is the exact one. */
  readonly recallAt10: number;
  /** Part of the exact first ten's total score that the found first ten lack: what the misses cost. */
  readonly scoreLossAt10: number;
  /** Part of the answers that were proven exact. */
  readonly certified: number;
  /** Mean number of item vectors scored. */
  readonly scanned: number;
  readonly buildSeconds: number;
  /** Memory beside the item vectors. */
  readonly bytes: number;
}

export interface SweepOptions {
  /** Called with every answer before anything is timed. */
  readonly check: CheckAnswer;
  /** Runs over all requests per point, interleaved. Default 5. */
  readonly rounds?: number;
  /** Recall at which the curve of a source ends. Default 0.9995: nothing is left to gain. */
  readonly until?: number;
  /** Factor from one effort to the next. Default 1.3: fine enough for a curve, coarse enough that neighbours differ. */
  readonly step?: number;
  /** Called before each step, one per contender and one per round, with how many are done and what comes next. */
  readonly onProgress?: (done: number, what: string) => void;
}

/** Where curves begin: a list that lacks more is too poor to be of interest. */
const LEAST_RECALL = 0.8;
const FULL_RECALL = 0.9995;
/** A curve also ends where it takes this many times as long as exact search, which is then the better choice. */
const TOO_SLOW = 10;
const EFFORT_STEP = 1.3;

/** Measures every source from recall 0.8, or the effort just below it, up to nearly 1: first what is found, then times. */
export async function sweep(
  contenders: readonly Contender[],
  workload: SearchWorkload,
  { check, rounds = 5, until = FULL_RECALL, step = EFFORT_STEP, onProgress }: SweepOptions,
): Promise<SweepPoint[]> {
  const points: (MeasuredSearch & { readonly contender: Contender })[] = [];
  for (const [c, contender] of contenders.entries()) {
    onProgress?.(c, `checking ${contender.name}`);
    const { source, always } = contender;
    const curve = await measureCurve(source, workload, { until, tooSlow: TOO_SLOW, step, check });
    const shown = interesting(curve.slice(0, -1));
    for (const effort of always) {
      if (shown.some(point => point.effort === effort)) continue;
      shown.push(curve.find(point => point.effort === effort) ?? measure(source, effort, workload, check));
    }
    shown.sort((a, b) => order(a.effort) - order(b.effort));
    points.push(...shown.map(point => ({ contender, ...point })));
  }
  const onRound = (round: number) => onProgress?.(contenders.length + round, `timing ${points.length} points`);
  const latencies = await timeSearches(points, workload, rounds, onRound);
  return points.map(({ contender, effort, recall, recallAtLimit, scoreLossAtLimit, certified, scanned }, p) => ({
    source: contender.name,
    effort,
    parameters: contender.parametersAt(effort),
    recall,
    recallAt10: recallAtLimit,
    scoreLossAt10: scoreLossAtLimit,
    certified,
    scanned,
    ...latencies[p]!,
    buildSeconds: contender.buildSeconds,
    bytes: contender.source.bytes,
  }));
}

/** From the last point that is too poor to be of interest, without efforts that changed nothing. */
function interesting(curve: readonly MeasuredSearch[]): MeasuredSearch[] {
  const first = Math.max(
    0,
    curve.findLastIndex(({ recall }) => recall < LEAST_RECALL),
  );
  return curve.slice(first).filter((point, p, rest) => {
    const before = rest[p - 1];
    return point.scanned !== before?.scanned || point.recall !== before.recall;
  });
}

function order(effort: Effort): number {
  return effort === 'exact' ? Number.POSITIVE_INFINITY : effort;
}

/** The points that no other one beats in both recall and median time, fastest first. */
export function paretoFront<Point extends Pick<SweepPoint, 'recall' | 'p50us'>>(points: readonly Point[]): Point[] {
  const front: Point[] = [];
  for (const point of points.toSorted((a, b) => a.p50us - b.p50us || b.recall - a.recall)) {
    const best = front.at(-1);
    if (!best || point.recall > best.recall) front.push(point);
  }
  return front;
}
