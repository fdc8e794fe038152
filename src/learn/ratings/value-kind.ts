import type { RatingsTable, ValueKind } from './ratings-table.js';

/** The smallest and the largest rating. */
export interface RatingScale {
  readonly min: number;
  readonly max: number;
}

/** The largest number of scales that are in use: percent. Whole numbers above it count something. */
const LARGEST_OF_SCALES = 100;
/** Of counts at least this share is above it; of ratings only mistakes are. */
const SHARE_OF_LARGE_COUNTS = 0.01;

/** At most this share of the rows, and at least one, may hold mistakes. */
export const SHARE_OF_MISTAKES = 0.001;
/** Mistakes are more than this many times as large as all other values. */
export const FAR = 10;

/** Share of negative values from which they are a part of the scale, and not dislikes beside it. */
const SHARE_OF_NEGATIVES = 0.01;

/** What the values of a table are; see `VALUE_KINDS`. */
export function valueKindOf({ valueKind, rated }: Pick<RatingsTable, 'valueKind' | 'rated'>): ValueKind {
  return valueKind ?? (rated ? 'ratings' : 'none');
}

/**
 * Judges what values are: labels where all are 1, 0 or -1, quantities where they are whole numbers and too many of them
 * are larger than on any scale, otherwise ratings.
 */
export function judgeValues(values: Float32Array): Exclude<ValueKind, 'none'> {
  if (values.every(value => value === 1 || value === 0 || value === -1)) return 'labels';
  let large = 0;
  for (const value of values) {
    if (!Number.isInteger(value)) return 'ratings';
    if (value > LARGEST_OF_SCALES) large++;
  }
  return large > 1 && large >= SHARE_OF_LARGE_COUNTS * values.length ? 'quantities' : 'ratings';
}

/**
 * The scale of ratings: from the smallest to the largest value. Values are left aside that can only be mistakes: at most
 * one, or one in a thousand, more than ten times as large as all others. So are negative ones, dislikes, unless the scale
 * reaches about as far below zero as above it and they are one in a hundred. Null where there are no values.
 */
export function scaleOf(values: Float32Array): RatingScale | null {
  const bound = usualBound(values);
  const usual = values.filter(value => Math.abs(value) <= bound);
  if (usual.length === 0) return null;
  const [min, max] = endsOf(usual);
  if (min >= 0) return { min, max };
  const positive = usual.filter(value => value >= 0);
  const isBalanced = min <= -max / 2 && usual.length - positive.length >= SHARE_OF_NEGATIVES * usual.length;
  if (isBalanced || positive.length === 0) return { min, max };
  return { min: endsOf(positive)[0], max };
}

/** The largest absolute value that is no mistake. */
function usualBound(values: Float32Array): number {
  const mistakes = Math.ceil(SHARE_OF_MISTAKES * values.length);
  for (let bound = largestUpTo(values, Number.POSITIVE_INFINITY); ; ) {
    const largestOfRest = largestUpTo(values, bound / FAR);
    let apart = 0;
    for (const value of values) if (Math.abs(value) > bound / FAR) apart++;
    if (apart > mistakes || largestOfRest === 0) return bound;
    bound = largestOfRest;
  }
}

/** The largest absolute value up to a bound; 0 where there is none. */
function largestUpTo(values: Float32Array, bound: number): number {
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size <= bound && size > largest) largest = size;
  }
  return largest;
}

function endsOf(values: Float32Array): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}
