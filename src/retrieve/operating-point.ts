import type { Arena } from '../base/kernels/arena.js';
import { type Matrix, rowOf } from '../base/numeric/matrix.js';
import { createRandom, shuffle } from '../base/numeric/random.js';
import type { Csr } from '../base/numeric/sparse.js';
import { rowIndices } from '../base/numeric/sparse.js';
import { ShortlistError } from '../errors.js';
import type { CandidateSource, Candidates, Effort, SourceKind } from './candidate-source.js';
import { ItemMask } from './item-mask.js';
import { recallOf } from './recall.js';

export interface TuningOptions {
  /** Over the same items, all in `arena`; of equally fast ones the first wins. */
  readonly sources: readonly CandidateSource[];
  /** User vectors, one row per user. Item vectors would be another distribution, hence another answer. */
  readonly queries: Matrix;
  /** Items that each user has seen and that the request path would mask: row u belongs to query u. */
  readonly seen: Csr;
  /** Candidates per request. Default 100. */
  readonly k?: number;
  /** Length of the final list. Default 10. */
  readonly limit?: number;
  /** Least recall, 0 … 1, of the final list and of the candidates. Default 0.99. */
  readonly target?: number;
  /** Users to sample, half to choose by and half to check the choice with. Default 400. */
  readonly sample?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** What to search with, and how hard. */
export interface OperatingPoint {
  readonly source: SourceKind;
  readonly effort: Effort;
  /** Candidates per request that the point was chosen for. */
  readonly k: number;
}

export interface TuningPoint {
  readonly source: SourceKind;
  readonly effort: Effort;
  /** Mean recall of the k candidates against exact search with the same mask. */
  readonly recall: number;
  /** Mean recall of the final list. */
  readonly recallAtLimit: number;
  /** Share of the answers that were proven exact. */
  readonly certified: number;
  /** Median time of one search, in the calmest of a few rounds. */
  readonly p50us: number;
}

export interface Tuning {
  readonly operatingPoint: OperatingPoint;
  readonly target: number;
  /** False where no point reached the target: the one of highest recall was taken. */
  readonly targetReached: boolean;
  /** Every point tried, by source and rising effort. */
  readonly curve: readonly TuningPoint[];
  /** The chosen point on users that it was not chosen by. */
  readonly checked: { readonly users: number; readonly recall: number; readonly recallAtLimit: number };
}

const DEFAULT_K = 100;
const DEFAULT_LIMIT = 10;
const DEFAULT_TARGET = 0.99;
const DEFAULT_SAMPLE = 400;
/** Where a source's sweep ends early: a higher effort could only be slower. */
const FULL_RECALL = 0.9999;
/** The widest effort tried short of 'exact'. */
const MAX_EFFORT = 4096;
/** A sweep ends where an effort takes this many times what the exact answer takes: no higher one could be chosen. */
const TOO_SLOW = 1.5;
/**
 * Points that take at most this many times what the fastest takes count as equally fast, and the one that finds most is
 * taken: what the next measurement may deny is no reason to miss an item.
 */
const SAME_TIME = 1.1;
/** The same for points whose every answer was proven exact: a small catalogue is then served exactly, build after build. */
const PROVEN_SAME_TIME = 1.3;
/** Times that every point is timed with all users. */
const ROUNDS = 3;

/**
 * Tries every source at rising efforts on sampled users, through the real path (their seen items masked), and takes the
 * fastest point whose recall reaches the target, or of several that are about equally fast the one that finds most.
 * Points are timed in rounds that each begin with another point, so that a busy moment of the machine hits all of them
 * alike; within a round a point answers all users one after the other, as it will when it is served.
 */
export function tuneSources(arena: Arena, options: TuningOptions): Tuning {
  const { sources, queries, seen, k = DEFAULT_K, limit = DEFAULT_LIMIT, target = DEFAULT_TARGET } = options;
  const [first] = sources;
  if (!first || queries.rows === 0 || !(target >= 0 && target <= 1)) {
    throw new ShortlistError(
      'invalid-option',
      `Tuning needs a source, a user and a target from 0 to 1; got ${sources.length} sources, ${queries.rows} users and target ${target}.`,
      { sources: sources.length, users: queries.rows, target },
    );
  }
  const users = shuffle(
    Uint32Array.from({ length: queries.rows }, (_, user) => user),
    createRandom(options.seed ?? 1),
  ).subarray(0, Math.max(1, options.sample ?? DEFAULT_SAMPLE));
  // A single user has to serve both purposes.
  const half = Math.max(1, users.length >>> 1);
  const chosenBy = users.subarray(0, half);
  const checkedBy = users.length > 1 ? users.subarray(half) : users;

  const mark = arena.mark();
  try {
    const mask = new ItemMask(arena, first.items);
    const search = (source: CandidateSource, effort: Effort, user: number): Candidates => {
      mask.clear();
      mask.excludeAll(rowIndices(seen, user));
      return source.search(rowOf(queries, user), k, { mask, effort });
    };
    const measure = (trial: Trial, sample: Uint32Array, truth: readonly Candidates[]): Recall => {
      let recall = 0;
      let recallAtLimit = 0;
      let certified = 0;
      let lower = 0;
      let squares = 0;
      const times = new Float64Array(sample.length);
      sample.forEach((user, i) => {
        const start = performance.now();
        const found = search(trial.source, trial.effort, user);
        times[i] = performance.now() - start;
        const ofAll = recallOf(found, truth[i]!, k);
        const ofList = recallOf(found, truth[i]!, limit);
        recall += ofAll;
        recallAtLimit += ofList;
        lower += Math.min(ofAll, ofList);
        squares += Math.min(ofAll, ofList) ** 2;
        if (found.certified) certified++;
      });
      const n = sample.length;
      const least = Math.min(recall, recallAtLimit) / n;
      const standardError = Math.sqrt(Math.max(0, squares / n - (lower / n) ** 2) / n);
      return {
        recall: recall / n,
        recallAtLimit: recallAtLimit / n,
        certified: certified / n,
        surely: least - standardError,
        median: medianOf(times),
      };
    };

    const truth = Array.from(chosenBy, user => search(first, 'exact', user));
    const trials: (Trial & Recall)[] = [];
    for (const source of sources) {
      const exact = measure({ source, effort: 'exact' }, chosenBy, truth);
      for (const effort of effortsOf(source, k)) {
        const measured = measure({ source, effort }, chosenBy, truth);
        trials.push({ source, effort, ...measured });
        if (Math.min(measured.recall, measured.recallAtLimit) >= FULL_RECALL) break;
        // A busy moment of the machine must not end a sweep: it has to be so three times over.
        const isTooSlow = (): boolean =>
          measure({ source, effort }, chosenBy, truth).median >
          TOO_SLOW * measure({ source, effort: 'exact' }, chosenBy, truth).median;
        if (measured.median > TOO_SLOW * exact.median && isTooSlow() && isTooSlow()) break;
      }
      // A graph proves nothing: asked for that it scans everything, as the exact source does.
      const isOtherName = source.kind === 'hnsw' && sources.some(({ kind }) => kind === 'exact');
      if (!isOtherName) trials.push({ source, effort: 'exact', ...exact });
    }
    const medians = medianTimes(trials, chosenBy, search);

    const reaching = trials.filter(trial => trial.surely >= target);
    const best = Math.max(...trials.map(trial => Math.min(trial.recall, trial.recallAtLimit)));
    const eligible =
      reaching.length > 0 ? reaching : trials.filter(trial => Math.min(trial.recall, trial.recallAtLimit) === best);
    const timeOf = (trial: Trial & Recall): number => medians[trials.indexOf(trial)]!;
    const fastest = Math.min(...eligible.map(timeOf));
    const chosen = eligible
      .filter(trial => timeOf(trial) <= fastest * (trial.certified === 1 ? PROVEN_SAME_TIME : SAME_TIME))
      .reduce((a, b) => (b.surely > a.surely || (b.surely === a.surely && timeOf(b) < timeOf(a)) ? b : a));
    const checked = measure(
      chosen,
      checkedBy,
      Array.from(checkedBy, user => search(first, 'exact', user)),
    );
    return {
      operatingPoint: { source: chosen.source.kind, effort: chosen.effort, k },
      target,
      targetReached: reaching.length > 0,
      curve: trials.map((trial, i) => ({
        source: trial.source.kind,
        effort: trial.effort,
        recall: trial.recall,
        recallAtLimit: trial.recallAtLimit,
        certified: trial.certified,
        p50us: medians[i]!,
      })),
      checked: { users: checkedBy.length, recall: checked.recall, recallAtLimit: checked.recallAtLimit },
    };
  } finally {
    arena.release(mark);
  }
}

interface Trial {
  readonly source: CandidateSource;
  readonly effort: Effort;
}

interface Recall {
  readonly recall: number;
  readonly recallAtLimit: number;
  readonly certified: number;
  /** The lower of the two recalls less one standard error: what other users can be expected to see. */
  readonly surely: number;
  /** Median milliseconds of a search, not taken in turns with the others: only to end a sweep by. */
  readonly median: number;
}

/** Efforts worth trying beside 'exact', rising by about a third each. */
function effortsOf(source: CandidateSource, k: number): number[] {
  if (source.kind === 'exact') return [];
  const efforts: number[] = [];
  // A graph search below k would be raised to k anyway.
  let effort = source.kind === 'hnsw' ? k : 1;
  for (; effort <= Math.min(MAX_EFFORT, source.items); effort = Math.max(effort + 1, Math.round(effort * 1.35))) {
    efforts.push(effort);
  }
  return efforts;
}

/** Median microseconds of each trial over the users, in the round where that was least: what disturbs only adds time. */
function medianTimes(
  trials: readonly Trial[],
  users: Uint32Array,
  search: (source: CandidateSource, effort: Effort, user: number) => Candidates,
): number[] {
  const medians = trials.map(() => Number.POSITIVE_INFINITY);
  const times = new Float64Array(users.length);
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < trials.length; turn++) {
      const t = (turn + Math.floor((round * trials.length) / ROUNDS)) % trials.length;
      const { source, effort } = trials[t]!;
      users.forEach((user, i) => {
        const start = performance.now();
        search(source, effort, user);
        times[i] = (performance.now() - start) * 1000;
      });
      medians[t] = Math.min(medians[t]!, medianOf(times));
    }
  }
  return medians;
}

/** Sorts the values. */
function medianOf(values: Float64Array): number {
  return values.sort()[values.length >>> 1]!;
}
