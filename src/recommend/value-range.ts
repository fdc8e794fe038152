import { ShortlistError } from '../errors.js';
import type { Manifest } from '../snapshot/manifest.js';

/** Largest value of an interaction, either sign: ample for play counts, and its square stays exact in float32. */
export const MAX_VALUE = 1e6;

/**
 * Checks a value against the data of a snapshot: one that is far outside would outweigh all others. Ratings and labels have
 * to be on their scale, or negative for a dislike, no larger than the scale goes; quantities above 0, in a history negative
 * for a dislike. Snapshots that do not know their scale take any.
 * @param place of the value in `list`, from 0
 * @throws {ShortlistError} `value-out-of-scale`
 */
export function checkValue(
  value: number | undefined,
  { valueKind, scale }: Manifest['dataset'],
  list: 'history' | 'events',
  place: number,
): void {
  if (value === undefined) return;
  const isQuantity = valueKind === 'quantities';
  const range = isQuantity ? { min: Number.MIN_VALUE, max: MAX_VALUE } : scale;
  if (!range) return;
  const { min, max } = range;
  const mayBeDisliked = !isQuantity || list === 'history';
  const least = mayBeDisliked ? Math.min(min, -Math.max(Math.abs(min), Math.abs(max))) : min;
  if ((value >= min && value <= max) || (mayBeDisliked && value < 0 && value >= least)) return;
  const onScale = isQuantity ? `above 0 and at most ${max}` : `on the scale of the data, ${min} to ${max}`;
  const dislike = mayBeDisliked && min >= 0 ? `, or from ${least} to below 0 for a dislike` : '';
  throw new ShortlistError(
    'value-out-of-scale',
    `\`${list}[${place}].value\` must be ${onScale}${dislike}, got ${value}.`,
    { path: `[${place}].value`, value, least, most: max },
  );
}
