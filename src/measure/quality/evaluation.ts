import { createRandom } from '../../base/numeric/random.js';
import { type Csr, rowsWithEntries } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import type { TrainedFactors } from '../../learn/training/trained-factors.js';
import { type ActivitySlice, activitySlices } from './activity-slices.js';
import { choicesOf, popularityLists, randomLists } from './baselines.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { catalogueMetrics } from './catalogue-metrics.js';
import { listedNegativesMetrics, type Score } from './listed-negatives.js';
import { comparePaired, type PairedDifference } from './paired-comparison.js';
import { rankUsers } from './rank-users.js';
import { rankingMetrics } from './ranking-metrics.js';
import { createRankingScorer } from './scorer.js';
import { requireTestable, testableUsers } from './testable-users.js';
import type { TopLists } from './top-lists.js';
import { meanMetrics, type UserMetrics } from './user-metrics.js';

export interface EvaluationOptions {
  /** Lengths of list at which the figures are taken, each 1 or more. */
  readonly cutOffs: readonly number[];
  /** Users × items: when given, a test item competes with these of its user only, instead of with the catalogue. */
  readonly negatives?: Csr;
  /** Lists of other systems to measure beside; not together with `negatives`, since they rank the catalogue. */
  readonly lists?: readonly NamedLists[] | undefined;
  /** For the random baseline, the confidence intervals and the comparisons. Default 1. */
  readonly seed?: number;
  /** Worker threads. Default: one per processor. */
  readonly threads?: number | undefined;
  /** Called now and then with how many of how many users are ranked. */
  readonly onProgress?: (users: number, of: number) => void;
}

/** Lists of another system. */
export interface NamedLists {
  readonly name: string;
  /** The lists of these users, rows of the dataset, of at most k items. */
  of(users: Uint32Array, k: number): TopLists;
}

/** Two recommenders, figure by figure, over the same users. */
export interface Comparison {
  /** `model`, `popularity`, or the name of lists. */
  readonly first: string;
  readonly second: string;
  readonly metrics: Readonly<Record<string, PairedDifference>>;
}

/** The figures of one recommender. */
export interface Quality {
  readonly metrics: Readonly<Record<string, number>>;
  /** 95% confidence intervals of the per-user figures. */
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly activity: readonly ActivitySlice[];
}

export interface Evaluation {
  /** Users with test items and with something in training: those that the figures are about. */
  readonly testedUsers: number;
  /** Users left out because training knows nothing of them, or because no negatives are listed for them. */
  readonly skippedUsers: number;
  readonly model: Quality;
  /** Ranking by the number of interactions in training. */
  readonly popularity: Quality;
  /** Items drawn at random: what the figures are when nothing is known. */
  readonly random: Quality['metrics'];
  /** In the order of the option `lists`. */
  readonly lists: readonly (Quality & { readonly name: string })[];
  /** Of the model with each of the others, and of each of the others with those after it. */
  readonly comparisons: readonly Comparison[];
}

/**
 * Measures how well factors rank the held-out items of all users, beside the popularity and the random ranking under
 * the same protocol. Items of the training history are never ranked against the test items; test items that training
 * has never seen stay in and count as misses.
 * @throws ShortlistError 'no-usable-rows' when there is no user to test on
 */
export async function evaluateRanking(
  factors: TrainedFactors,
  train: Dataset,
  test: Csr,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { negatives } = options;
  requireTestable({
    history: train.byUser,
    heldBack: test,
    relevant: test,
    least: Number.NEGATIVE_INFINITY,
    negatives,
  });
  const users = testableUsers(train.byUser, test, negatives);
  const skippedUsers = rowsWithEntries(test).length - users.length;
  const qualities = negatives
    ? againstListed(factors, train, test, negatives, users, options)
    : await againstCatalogue(factors, train, test, users, options);
  return { testedUsers: users.length, skippedUsers, ...qualities };
}

type Qualities = Omit<Evaluation, 'testedUsers' | 'skippedUsers'>;

async function againstCatalogue(
  factors: TrainedFactors,
  train: Dataset,
  test: Csr,
  users: Uint32Array,
  { cutOffs, lists: others = [], seed = 1, threads, onProgress }: EvaluationOptions,
): Promise<Qualities> {
  const k = Math.max(...cutOffs);
  const measured = (name: string, lists: TopLists): Measured => ({
    name,
    metrics: rankingMetrics(lists, test, cutOffs),
    ofCatalogue: catalogueMetrics(lists, train, cutOffs),
  });
  const random = randomLists(train, users, k, seed);
  const ranked = await rankUsers(factors, users, train.byUser, {
    k,
    threads,
    onProgress: done => onProgress?.(done, users.length),
  });
  return {
    ...qualitiesOf(
      [
        measured('model', ranked),
        measured('popularity', popularityLists(train, users, k)),
        ...others.map(lists => measured(lists.name, lists.of(users, k))),
      ],
      train.byUser,
      seed,
    ),
    random: { ...meanMetrics(rankingMetrics(random, test, cutOffs)), ...catalogueMetrics(random, train, cutOffs) },
  };
}

function againstListed(
  factors: TrainedFactors,
  train: Dataset,
  test: Csr,
  negatives: Csr,
  users: Uint32Array,
  { cutOffs, seed = 1 }: EvaluationOptions,
): Qualities {
  const counts = choicesOf(train);
  const random = createRandom(seed);
  const rank = (by: Score) => listedNegativesMetrics(by, users, test, negatives, cutOffs);
  const measured: Measured[] = [
    { name: 'model', metrics: rank(createRankingScorer(factors, train)) },
    { name: 'popularity', metrics: rank((_, item) => counts[item]!) },
  ];
  return {
    ...qualitiesOf(measured, train.byUser, seed),
    random: meanMetrics(rank(() => random.uniform())),
  };
}

/** What was measured of a recommender. */
interface Measured {
  readonly name: string;
  readonly metrics: UserMetrics;
  readonly ofCatalogue?: Readonly<Record<string, number>>;
}

/** @param measured the model, popularity, then the others */
function qualitiesOf(measured: readonly Measured[], history: Csr, seed: number): Omit<Qualities, 'random'> {
  const [model, popularity, ...lists] = measured.map(({ name, metrics, ofCatalogue }) => ({
    name,
    metrics: { ...meanMetrics(metrics), ...ofCatalogue },
    intervals: bootstrapIntervals(metrics, seed),
    activity: activitySlices(metrics, history),
  }));
  const comparisons = measured.flatMap((first, n) =>
    measured.slice(n + 1).map(second => ({
      first: first.name,
      second: second.name,
      metrics: comparePaired(first.metrics, second.metrics, seed),
    })),
  );
  return { model: model!, popularity: popularity!, lists, comparisons };
}
