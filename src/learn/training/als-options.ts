import { availableParallelism } from 'node:os';
import { ABOVE_ZERO, completeOptions, integer, type OptionValues, real } from '../../base/options/option.js';
import { confidenceIn, meanConfidence, QUANTITY_ALPHA, type ValuedInteractions, valueDefaults } from './confidence.js';

/** All pairs together weigh this many times what the interactions weigh, by default. */
export const UNOBSERVED_MASS = 15;

/** Options that are part of the loss: all of it that is needed to solve for one more user. */
export const ALS_LOSS_OPTIONS = {
  /**
   * Weight of the penalty on long vectors. Raising it pulls rarely seen users and items to zero, and beyond a point
   * all of them: the more users and items there are, the smaller it wants to be.
   */
  regularization: real({ meaning: 'penalty on long vectors', min: 0, default: 0.005 }),
  /**
   * How the penalty of a row grows with its frequency. 0 penalises all rows alike; 1 in proportion, so that the frequent
   * are held back as much as the rare.
   */
  regularizationExponent: real({ meaning: 'how the penalty grows with frequency', min: 0, max: 2, default: 1 }),
  /**
   * Weight of every pair, seen or not, towards the score zero. Raising it makes the scores follow popularity less and the
   * few strong signals more; it wants to be smaller the sparser the data are. Default: see `defaultUnobservedWeight`.
   */
  unobservedWeight: real({
    meaning: 'weight of pairs without interaction',
    min: ABOVE_ZERO,
    default: `${UNOBSERVED_MASS} x share of pairs with one x its mean weight`,
  }),
  /**
   * Values as confidence: an interaction of rating r weighs 1 + alpha · r, one of quantity q (1 + alpha · √q) divided by
   * the mean of all. 0 ignores the values. Default: see `valueDefaults`.
   */
  alpha: real({
    meaning: 'a rating r weighs 1 + alpha * r, a quantity q in proportion to 1 + alpha * √q',
    min: 0,
    default: `0, or ${QUANTITY_ALPHA} for quantities that differ`,
  }),
  /** Interactions of lower value are not taken as positive and left out. With 0 only negative ratings are. */
  minRating: real({
    meaning: 'lower values are not taken as positive',
    default: '0; labels 1, quantities above 0',
  }),
};

/** Most worker threads. */
const MAX_THREADS = 256;

/** What `AlsOptions` are, and their ranges and defaults. */
export const ALS_OPTIONS = {
  /** More factors distinguish more, and cost memory, training and serving time in proportion. */
  factors: integer({ meaning: 'length of a vector', min: 1, max: 2048, default: 256 }),
  /** Passes over all users and all items. The loss hardly moves after ten to twenty. */
  iterations: integer({ meaning: 'passes over the data', min: 1, max: 10_000, default: 16 }),
  ...ALS_LOSS_OPTIONS,
  /** Scale of the random first vectors: their elements are drawn with deviation stddev / √factors. */
  stddev: real({ meaning: 'scale of the random first vectors', min: ABOVE_ZERO, default: 0.1 }),
  /** Seed of the first vectors. The same seed gives the same factors whatever the number of threads. */
  seed: integer({ meaning: 'seed of everything random', min: 0, default: 1 }),
  /** Small data use fewer. Default: the cores that the process may use. */
  threads: integer({
    meaning: 'worker threads',
    min: 1,
    max: MAX_THREADS,
    default: Math.min(MAX_THREADS, availableParallelism()),
  }),
};

/**
 * How implicit ALS trains. The loss, for observed pairs with confidence c and the factors p and q of a user and an item:
 *
 *   Σ observed c (1 - p·q)²  +  unobservedWeight Σ all pairs (p·q)²
 *     +  regularization Σ rows (n + unobservedWeight · m)^regularizationExponent |row|²
 *
 * where a row, of users or items, has n interactions and m rows on the other side. The hyper-parameters mean what they
 * mean in Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks"
 * (RecSys 2022), so that values published there can be used as they are. `ALS_OPTIONS` describes each of them.
 */
export type AlsOptions = OptionValues<typeof ALS_OPTIONS>;

/** The size of what is trained on. */
export interface AlsCounts {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Mean confidence of those interactions that are taken as positive. Default 1, as it is without `alpha`. */
  readonly meanConfidence?: number;
  /** As `valueDefaults` says. Default: those of ratings. */
  readonly defaults?: Pick<AlsOptions, 'alpha' | 'minRating'>;
}

/** @param options of the training: they say what the values count for */
export function alsCountsOf(
  interactions: ValuedInteractions,
  options: Pick<Partial<AlsOptions>, 'alpha' | 'minRating'> = {},
): AlsCounts {
  const { byUser } = interactions;
  const { rows: users, columns: items, indices } = byUser;
  const defaults = valueDefaults(interactions);
  const { alpha = defaults.alpha, minRating = defaults.minRating } = options;
  const confidence = confidenceIn(interactions, { alpha, minRating });
  const mean = alpha === 0 || confidence.quantityUnit !== undefined ? 1 : meanConfidence(byUser, minRating, confidence);
  // What is no confidence at all, training refuses with an error of its own.
  const isUsable = Number.isFinite(mean) && mean > 0;
  return { users, items, interactions: indices.length, meanConfidence: isUsable ? mean : 1, defaults };
}

/**
 * `UNOBSERVED_MASS` times the share of pairs that have an interaction, times what these weigh. A weight that is good for
 * one density is not for another: values tuned here and in the literature, from 0.3 for dense small data to 0.007 for
 * sparse, lie within a factor of two of this.
 */
export function defaultUnobservedWeight({ users, items, interactions, meanConfidence = 1 }: AlsCounts): number {
  const pairs = users * items;
  return interactions > 0 ? (UNOBSERVED_MASS * meanConfidence * interactions) / pairs : 1;
}

/** The options with defaults filled in. @throws ShortlistError `invalid-option` for a value out of range */
export function completeAlsOptions(options: Partial<AlsOptions>, counts: AlsCounts): AlsOptions {
  const { defaults = { alpha: 0, minRating: 0 } } = counts;
  return completeOptions(ALS_OPTIONS, options, { ...defaults, unobservedWeight: defaultUnobservedWeight(counts) });
}
