import { setImmediate as nextTurn } from 'node:timers/promises';
import { median } from '../base/numeric/statistics.js';
import { type CandidateSource, type Candidates, type Effort, recallOf } from './candidate-source.js';
import { compareLatencies, type Latency } from './latency.js';
import type { SearchWorkload } from './search-workload.js';

/** What one setting of a source finds. */
export interface SearchQuality {
  /** Mean recall of the k candidates against exact search with the same mask; one as good as the k-th best counts. */
  readonly recall: number;
  /** Mean recall of the final list. */
  readonly recallAtLimit: number;
  /** The lower of the two recalls less one standard error: what other users can be expected to see. */
  readonly expectedRecall: number;
  /** Part of the exact final lists' total score that the found ones lack: what the misses cost. */
  readonly scoreLossAtLimit: number;
  /** Share of the answers that were proven exact. */
  readonly certified: number;
  /** Mean number of item vectors scored. */
  readonly scanned: number;
  /** Median microseconds of a search, not taken in turns with others: only to end a curve by. */
  readonly firstUs: number;
}

/** A setting of a source, measured. */
export interface MeasuredSearch extends SearchQuality {
  readonly source: CandidateSource;
  readonly effort: Effort;
}

/** Called with every answer; throws where it is wrong. */
export type CheckAnswer = (found: Candidates, source: CandidateSource, effort: Effort, request: number) => void;

/** Answers all requests once and compares what was found with what there is. */
export function measure(
  source: CandidateSource,
  effort: Effort,
  workload: SearchWorkload,
  check?: CheckAnswer,
): MeasuredSearch {
  const { size, k, limit } = workload;
  const sums = { recall: 0, recallAtLimit: 0, lower: 0, squares: 0, exactScore: 0, score: 0, certified: 0, scanned: 0 };
  const times = new Float64Array(size);
  for (let n = 0; n < size; n++) {
    const { found, us } = workload.ask(source, effort, n);
    const truth = workload.truth(n);
    check?.(found, source, effort, n);
    const recall = recallOf(found, truth, k);
    const recallAtLimit = recallOf(found, truth, limit);
    const lower = Math.min(recall, recallAtLimit);
    sums.recall += recall;
    sums.recallAtLimit += recallAtLimit;
    sums.lower += lower;
    sums.squares += lower ** 2;
    sums.exactScore += totalScore(truth, limit);
    sums.score += totalScore(found, limit);
    sums.certified += found.certified ? 1 : 0;
    sums.scanned += found.scanned;
    times[n] = us;
  }
  const standardError = Math.sqrt(Math.max(0, sums.squares / size - (sums.lower / size) ** 2) / size);
  return {
    source,
    effort,
    recall: sums.recall / size,
    recallAtLimit: sums.recallAtLimit / size,
    expectedRecall: Math.min(sums.recall, sums.recallAtLimit) / size - standardError,
    scoreLossAtLimit: sums.exactScore === 0 ? 0 : (sums.exactScore - sums.score) / Math.abs(sums.exactScore),
    certified: sums.certified / size,
    scanned: sums.scanned / size,
    firstUs: median(times),
  };
}

function totalScore({ scores }: Candidates, limit: number): number {
  return scores.subarray(0, limit).reduce((sum, score) => sum + score, 0);
}

/** Times settings of sources against each other. @returns a latency for each */
export function timeSearches(
  settings: readonly Pick<MeasuredSearch, 'source' | 'effort'>[],
  workload: SearchWorkload,
  rounds: number,
  onRound?: (round: number) => void,
): Promise<Latency[]> {
  const contenders = settings.map(
    ({ source, effort }) =>
      (n: number) =>
        workload.ask(source, effort, n).us,
  );
  return compareLatencies(contenders, workload.size, rounds, onRound);
}

/** Where a curve ends. */
export interface CurveOptions {
  /** Recall, of candidates and final list, that leaves nothing to gain. */
  readonly until: number;
  /** A curve also ends where an effort takes this many times what the source's exact answer takes. */
  readonly tooSlow: number;
  /** Factor from one effort to the next, above 1. */
  readonly step: number;
  readonly check?: CheckAnswer | undefined;
}

/** The widest effort tried short of 'exact'. */
const MAX_EFFORT = 4096;

/**
 * Measures a source at rising efforts; the last point is its exact answer. Between two efforts the event loop gets its
 * turn.
 */
export async function measureCurve(
  source: CandidateSource,
  workload: SearchWorkload,
  options: CurveOptions,
): Promise<MeasuredSearch[]> {
  const { until, tooSlow, step, check } = options;
  const exact = measure(source, 'exact', workload, check);
  const curve: MeasuredSearch[] = [];
  for (const effort of effortsOf(source, workload.k, step)) {
    const point = measure(source, effort, workload, check);
    curve.push(point);
    await nextTurn();
    if (Math.min(point.recall, point.recallAtLimit) >= until) break;
    // A busy moment of the machine must not end a curve: it has to be so three times over.
    const isTooSlow = (): boolean =>
      measure(source, effort, workload).firstUs > tooSlow * measure(source, 'exact', workload).firstUs;
    if (point.firstUs > tooSlow * exact.firstUs && isTooSlow() && isTooSlow()) break;
  }
  return [...curve, exact];
}

/** Efforts worth trying beside 'exact'. */
function* effortsOf({ kind, items }: CandidateSource, k: number, step: number): Generator<number> {
  if (kind === 'exact') return;
  // A graph search below k would be raised to k anyway.
  let effort = kind === 'hnsw' ? k : 1;
  for (; effort <= Math.min(MAX_EFFORT, items); effort = Math.max(effort + 1, Math.round(effort * step))) yield effort;
}
