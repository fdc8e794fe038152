import type { CandidateSource, Candidates, Effort } from '../../retrieve/candidate-source.js';
import { recallOf } from '../../retrieve/recall.js';
import { type Latency, median, medianLatencies } from './latency.js';
import type { SearchWorkload } from './search-workload.js';

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
  /** Runs over all requests per point, interleaved. Default 5. */
  readonly rounds?: number;
  /** Recall at which the curve of a source ends. Default 0.9995: nothing is left to gain. */
  readonly until?: number;
  /** Factor from one effort to the next. Default 1.3: fine enough for a curve, coarse enough that neighbours differ. */
  readonly step?: number;
  /** Told before each step how many are done and what comes; there is one per contender and one per round. */
  readonly onProgress?: (done: number, what: string) => void;
}

/** Where curves begin: a list that lacks more is too poor to be of interest. */
const LEAST_RECALL = 0.8;
const FULL_RECALL = 0.9995;
/** A curve also ends where it takes this many times as long as exact search: nobody would go there. */
const TOO_SLOW = 10;
const EFFORT_STEP = 1.3;

/**
 * Measures every source from recall 0.8, or the effort just below it, up to nearly 1. Answers are checked before anything
 * is timed. Then rounds take turns: in each, every point answers all requests one after the other, as a service that has
 * one source and setting does (between requests to other sources each would find the caches full of theirs), and every
 * round begins with another point, so that a busy moment of the machine hits all alike.
 */
export function sweep(
  contenders: readonly Contender[],
  workload: SearchWorkload,
  options: SweepOptions = {},
): SweepPoint[] {
  const { rounds = 5, until = FULL_RECALL, step = EFFORT_STEP, onProgress } = options;
  const quality = contenders.flatMap((contender, c) => {
    onProgress?.(c, `checking ${contender.name}`);
    return qualityCurve(contender, workload, until, step);
  });
  const latencies = medianLatencies(
    quality.map(
      ({ contender, effort }) =>
        n =>
          workload.search(contender.source, effort, n),
    ),
    workload.size,
    rounds,
    round => onProgress?.(contenders.length + round, `timing ${quality.length} points`),
  );
  return quality.map(({ contender, effort, ms: _, ...figures }, p) => ({
    source: contender.name,
    effort,
    parameters: contender.parametersAt(effort),
    ...figures,
    ...latencies[p]!,
    buildSeconds: contender.buildSeconds,
    bytes: contender.source.bytes,
  }));
}

interface Quality {
  readonly contender: Contender;
  readonly effort: Effort;
  readonly recall: number;
  readonly recallAt10: number;
  readonly scoreLossAt10: number;
  readonly certified: number;
  readonly scanned: number;
  /** Median milliseconds of a first run: only to end a curve by. */
  readonly ms: number;
}

function qualityCurve(contender: Contender, workload: SearchWorkload, until: number, step: number): Quality[] {
  const { source, always } = contender;
  const curve: Quality[] = [];
  if (source.kind !== 'exact') {
    // A graph is never searched with less than the k that it has to return.
    let effort = source.kind === 'hnsw' ? workload.k : 1;
    for (; effort <= source.items; effort = Math.max(effort + 1, Math.round(effort * step))) {
      const point = qualityAt(contender, effort, workload);
      // Too poor to be of interest, but the last of these is where the curve begins; or an effort that changed nothing.
      if (point.recall < LEAST_RECALL) curve.length = 0;
      if (point.scanned !== curve.at(-1)?.scanned || point.recall !== curve.at(-1)?.recall) curve.push(point);
      if (point.recall >= until || point.ms > TOO_SLOW * workload.exactMs) break;
    }
  }
  for (const effort of always) {
    if (!curve.some(point => point.effort === effort)) curve.push(qualityAt(contender, effort, workload));
  }
  return curve.sort((a, b) => order(a.effort) - order(b.effort));
}

function qualityAt(contender: Contender, effort: Effort, workload: SearchWorkload): Quality {
  let recall = 0;
  let recallAt10 = 0;
  let exactScore = 0;
  let foundScore = 0;
  let certified = 0;
  let scanned = 0;
  const times: number[] = [];
  for (let n = 0; n < workload.size; n++) {
    const start = performance.now();
    const found = workload.search(contender.source, effort, n);
    times.push(performance.now() - start);
    workload.check(found, contender.source, effort, n);
    recall += recallOf(found, workload.truth(n), workload.k);
    recallAt10 += recallOf(found, workload.truth(n), Math.min(10, workload.k));
    exactScore += totalScore(workload.truth(n), 10);
    foundScore += totalScore(found, 10);
    certified += found.certified ? 1 : 0;
    scanned += found.scanned;
  }
  const { size } = workload;
  return {
    contender,
    effort,
    recall: recall / size,
    recallAt10: recallAt10 / size,
    scoreLossAt10: exactScore === 0 ? 0 : (exactScore - foundScore) / Math.abs(exactScore),
    certified: certified / size,
    scanned: scanned / size,
    ms: median(times),
  };
}

function totalScore({ scores }: Candidates, k: number): number {
  return scores.subarray(0, k).reduce((sum, score) => sum + score, 0);
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
