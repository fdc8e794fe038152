import { createRandom } from '../../base/numeric/random.js';
import type { Csr } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import {
  ALS_OPTIONS,
  type AlsOptions,
  alsCountsOf,
  defaultUnobservedWeight,
} from '../../learn/training/als-options.js';

/** The hyper-parameters of implicit ALS that tuning searches, and the least and the most that it tries of each. */
const BOUNDS = {
  /** Fewer distinguish next to nothing; more take serving a large catalogue's memory for little. */
  factors: [8, 512],
  // Beyond these the loss is nothing but one of its parts.
  regularization: [1e-6, 10],
  regularizationExponent: [0, 1.5],
  unobservedWeight: [1e-5, 10],
} as const satisfies { readonly [Name in keyof AlsOptions]?: readonly [number, number] };

/** `ALS_OPTIONS` describes them. */
export type TunedParameters = Pick<AlsOptions, keyof typeof BOUNDS>;
export const TUNED_NAMES = Object.keys(BOUNDS) as readonly (keyof TunedParameters)[];

/** What may be tried. */
export interface TuneSpace {
  /** Values that were given and stay as they are; what is not here is searched. */
  readonly fixed: Partial<TunedParameters>;
  /** Most factors to try. */
  readonly mostFactors: number;
  /** The default for these data, to begin with. */
  readonly unobservedWeight: number;
  /** The geometric mean of n + unobservedWeight · m over all rows of n interactions with m rows on the other side. */
  readonly typicalFrequency: (unobservedWeight: number) => number;
}

const [LEAST_FACTORS, MOST_FACTORS] = BOUNDS.factors;
/** Factors that the weights are searched with first: enough to rank weights by, and cheap. */
const FIRST_FACTORS = 64;
/** Where published and own winners lie, with a decade to spare on either side. Later steps may leave this range. */
const SAMPLED = { regularization: [2e-4, 0.1], unobservedWeight: [1e-3, 1] } as const;
/** First candidates for each hyper-parameter that is sampled: 27 for two survive three rounds of one in three. */
const POINTS = [1, 9, 27] as const;

/**
 * The space of what is not fixed, for these interactions.
 * @param confidence what the ratings count for in training
 */
export function tuneSpaceOf(
  interactions: Pick<Dataset, 'byUser' | 'byItem'> & Partial<Pick<Dataset, 'valueKind'>>,
  fixed: TuneSpace['fixed'],
  confidence: Pick<Partial<AlsOptions>, 'alpha' | 'minRating'> = {},
): TuneSpace {
  const { byUser, byItem } = interactions;
  return {
    fixed,
    // There are no more independent directions than rows.
    mostFactors: Math.max(LEAST_FACTORS, Math.min(MOST_FACTORS, byUser.rows, byItem.rows)),
    unobservedWeight: defaultUnobservedWeight(alsCountsOf(interactions, confidence)),
    typicalFrequency(unobservedWeight) {
      const logarithm = (side: Csr, others: number) => {
        let sum = 0;
        for (let row = 0; row < side.rows; row++) {
          sum += Math.log(side.starts[row + 1]! - side.starts[row]! + unobservedWeight * others);
        }
        return sum;
      };
      const sum = logarithm(byUser, byItem.rows) + logarithm(byItem, byUser.rows);
      return Math.exp(sum / (byUser.rows + byItem.rows));
    },
  };
}

/**
 * The first candidates: the defaults, then points spread evenly over the logarithms of regularization and unobserved
 * weight (a Halton sequence, shifted at random: Cranley and Patterson 1976).
 */
export function firstCandidates({ fixed, mostFactors, unobservedWeight }: TuneSpace, seed: number): TunedParameters[] {
  const start: TunedParameters = {
    factors: Math.min(FIRST_FACTORS, mostFactors),
    regularization: ALS_OPTIONS.regularization.default,
    regularizationExponent: ALS_OPTIONS.regularizationExponent.default,
    unobservedWeight: legible(unobservedWeight),
    ...fixed,
  };
  const random = createRandom(seed);
  const shifts = [random.uniform(), random.uniform()] as const;
  const sampled = (['regularization', 'unobservedWeight'] as const).filter(name => fixed[name] === undefined);
  return Array.from({ length: POINTS[sampled.length] ?? 1 }, (_, n) => {
    const point = { ...start };
    if (n > 0) {
      sampled.forEach((name, dimension) => {
        const [low, high] = SAMPLED[name];
        const at = (radicalInverse(n, PRIMES[dimension]!) + shifts[dimension]!) % 1;
        point[name] = legible(low * (high / low) ** at);
      });
    }
    return point;
  });
}

/** A way to change parameters; at a bound, and for what is fixed, nothing changes. */
export type Move = (from: TunedParameters) => TunedParameters;

/**
 * Moves of the weights by a factor, both ways. The exponent moves with its penalty on a typical row kept, since what is
 * asked is how to divide the penalty between the rare and the frequent, not how much of it there should be.
 */
export function weightMoves({ fixed, typicalFrequency }: TuneSpace, step: number): Move[] {
  const scale =
    (name: 'regularization' | 'unobservedWeight', by: number): Move =>
    from => ({ ...from, [name]: within(name, from[name] * by) });
  const tilt =
    (by: number): Move =>
    from => {
      const regularizationExponent = within('regularizationExponent', from.regularizationExponent + by);
      const kept = typicalFrequency(from.unobservedWeight) ** (from.regularizationExponent - regularizationExponent);
      const regularization = within('regularization', from.regularization * kept);
      return { ...from, regularizationExponent, ...(fixed.regularization === undefined ? { regularization } : {}) };
    };
  // A step of two moves the exponent by a quarter.
  const tilted = Math.log2(step) / 4;
  const moves: Record<Exclude<keyof TunedParameters, 'factors'>, Move[]> = {
    regularization: [scale('regularization', 1 / step), scale('regularization', step)],
    unobservedWeight: [scale('unobservedWeight', 1 / step), scale('unobservedWeight', step)],
    regularizationExponent: [tilt(-tilted), tilt(tilted)],
  };
  return (Object.keys(moves) as (keyof typeof moves)[]).flatMap(name => (fixed[name] === undefined ? moves[name] : []));
}

/** Twice, or half, as many factors, within what is allowed. */
export function factorsMove({ fixed, mostFactors }: TuneSpace, by: 2 | 0.5): Move {
  return from => {
    const factors = from.factors * by;
    const allowed = fixed.factors === undefined && factors <= mostFactors && factors >= LEAST_FACTORS;
    return allowed ? { ...from, factors } : from;
  };
}

const PRIMES = [2, 3] as const;

/** The digits of n in a base, mirrored at the point (van der Corput 1935). */
function radicalInverse(n: number, base: number): number {
  let inverse = 0;
  let place = 1 / base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / base), place /= base) inverse += (rest % base) * place;
  return inverse;
}

function within(name: keyof typeof BOUNDS, value: number): number {
  const [low, high] = BOUNDS[name];
  return legible(Math.max(low, Math.min(high, value)));
}

/** Two digits: finer differences drown in the noise of any measurement, and flags are read by people. */
function legible(value: number): number {
  return Number(value.toPrecision(2));
}
