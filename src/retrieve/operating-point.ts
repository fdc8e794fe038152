import type { Arena } from '../base/kernels/arena.js';
import type { Matrix } from '../base/numeric/matrix.js';
import { createRandom, shuffle } from '../base/numeric/random.js';
import type { Csr } from '../base/numeric/sparse.js';
import { ShortlistError } from '../errors.js';
import type { CandidateSource, Effort, SourceKind } from './candidate-source.js';
import { type MeasuredSearch, measure, measureCurve, type SearchQuality, timeSearches } from './measure-search.js';
import { SearchWorkload } from './search-workload.js';

/** What to search with, and how hard. */
export interface OperatingPoint {
  readonly source: SourceKind;
  readonly effort: Effort;
  /** Candidates per request that the point was chosen for. */
  readonly k: number;
}

/** A setting that was tried. */
export interface OperatingPointTrial extends Pick<SearchQuality, 'recall' | 'recallAtLimit' | 'certified'> {
  readonly source: SourceKind;
  readonly effort: Effort;
  /** Median time of one search, in the calmest of a few rounds. */
  readonly p50us: number;
}

/** An operating point, and why it is this one. */
export interface OperatingPointChoice {
  readonly operatingPoint: OperatingPoint;
  readonly target: number;
  /** False where no point reached the target: the one of highest recall was taken. */
  readonly targetReached: boolean;
  /** Every point tried, by source and rising effort. */
  readonly curve: readonly OperatingPointTrial[];
  /** The chosen point on users that it was not chosen by. */
  readonly checked: { readonly users: number; readonly recall: number; readonly recallAtLimit: number };
}

export interface OperatingPointOptions {
  /** Over the same items, all in the same arena; of equally fast ones the first wins. */
  readonly sources: readonly CandidateSource[];
  /** User vectors, one row per user. Item vectors would be another distribution, hence another answer. */
  readonly queries: Matrix;
  /** Items that each user has seen and that the request path would mask: row u belongs to query u. */
  readonly seen: Csr;
  /** Candidates per request. Default 100. */
  readonly k?: number;
  /** Length of the final list. Default 10. */
  readonly limit?: number;
  /** Least recall, 0 … 1, of the final list and of the candidates. */
  readonly target: number;
  /** Users to sample, half to choose by and half to check the choice with. Default 400. */
  readonly sample?: number;
  /** Default 1. */
  readonly seed?: number;
}

const DEFAULT_K = 100;
const DEFAULT_SAMPLE = 400;
/** Where a source's curve ends early: a higher effort could only be slower. */
const FULL_RECALL = 0.9999;
/** A curve ends where an effort takes this many times what the exact answer takes: no higher one could be chosen. */
const TOO_SLOW = 1.5;
/** Factor from one effort to the next: every point takes the build its time, and neighbours should differ. */
const EFFORT_STEP = 1.35;
/** Times that every point is timed with all users. */
const ROUNDS = 3;
/**
 * Points that take at most this many times what the fastest takes count as equally fast, and the one that finds most is
 * taken: what the next measurement may deny is no reason to miss an item.
 */
const SAME_TIME = 1.1;
/** The same for points whose every answer was proven exact: a small catalogue is then served exactly, build after build. */
const PROVEN_SAME_TIME = 1.3;

/**
 * Tries every source at rising efforts on sampled users, through the real path (their seen items masked), and chooses
 * the point to serve with by half of them.
 * @throws {ShortlistError} `invalid-option`
 */
export async function findOperatingPoint(arena: Arena, options: OperatingPointOptions): Promise<OperatingPointChoice> {
  const { sources, queries, seen, k = DEFAULT_K, limit, target } = options;
  const [first] = sources;
  if (!first || queries.rows === 0 || !(target >= 0 && target <= 1)) {
    throw new ShortlistError(
      'invalid-option',
      'An operating point needs a source, a user and a target from 0 to 1; ' +
        `got ${sources.length} sources, ${queries.rows} users and target ${target}.`,
      { sources: sources.length, users: queries.rows, target },
    );
  }
  const users = shuffle(
    Uint32Array.from({ length: queries.rows }, (_, user) => user),
    createRandom(options.seed ?? 1),
  ).subarray(0, Math.max(1, options.sample ?? DEFAULT_SAMPLE));
  // A single user has to serve both purposes.
  const half = Math.max(1, users.length >>> 1);
  const checkedBy = users.length > 1 ? users.subarray(half) : users;

  const mark = arena.mark();
  try {
    const workloadOf = (some: Uint32Array): SearchWorkload =>
      new SearchWorkload(arena, { queries, users: some, seen, k, limit }, first);
    const workload = workloadOf(users.subarray(0, half));
    const measured: MeasuredSearch[] = [];
    for (const source of sources) {
      const curve = await measureCurve(source, workload, { until: FULL_RECALL, tooSlow: TOO_SLOW, step: EFFORT_STEP });
      // A graph proves nothing: asked for that it scans everything, as the exact source does.
      const isOtherName = source.kind === 'hnsw' && sources.some(({ kind }) => kind === 'exact');
      measured.push(...(isOtherName ? curve.slice(0, -1) : curve));
    }
    const latencies = await timeSearches(measured, workload, ROUNDS);
    const points = measured.map((point, p) => ({ ...point, p50us: latencies[p]!.p50us }));
    const { chosen, targetReached } = chooseOperatingPoint(points, target);
    const { recall, recallAtLimit } = measure(chosen.source, chosen.effort, workloadOf(checkedBy));
    return {
      operatingPoint: { source: chosen.source.kind, effort: chosen.effort, k },
      target,
      targetReached,
      curve: points.map(({ source, effort, recall, recallAtLimit, certified, p50us }) => ({
        source: source.kind,
        effort,
        recall,
        recallAtLimit,
        certified,
        p50us,
      })),
      checked: { users: checkedBy.length, recall, recallAtLimit },
    };
  } finally {
    arena.release(mark);
  }
}

/** What a point is chosen by. */
export type Choosable = Pick<SearchQuality, 'recall' | 'recallAtLimit' | 'expectedRecall' | 'certified'> &
  Pick<OperatingPointTrial, 'p50us'>;

/**
 * Of the points whose expected recall reaches the target the fastest, or of several that are about equally fast the one
 * that finds most. Where none reaches it, the same among the points of highest recall.
 * @param points at least one; of those that are alike in all the first wins
 * @param target 0 to 1
 */
export function chooseOperatingPoint<Point extends Choosable>(
  points: readonly Point[],
  target: number,
): { readonly chosen: Point; readonly targetReached: boolean } {
  const recallOf = (point: Point): number => Math.min(point.recall, point.recallAtLimit);
  const reaching = points.filter(point => point.expectedRecall >= target);
  const best = Math.max(...points.map(recallOf));
  const eligible = reaching.length > 0 ? reaching : points.filter(point => recallOf(point) === best);
  const fastest = Math.min(...eligible.map(point => point.p50us));
  const chosen = eligible
    .filter(({ certified, p50us }) => p50us <= fastest * (certified === 1 ? PROVEN_SAME_TIME : SAME_TIME))
    .reduce((a, b) =>
      b.expectedRecall > a.expectedRecall || (b.expectedRecall === a.expectedRecall && b.p50us < a.p50us) ? b : a,
    );
  return { chosen, targetReached: reaching.length > 0 };
}
