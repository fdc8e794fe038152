/**
 * The value in the middle, in any order: one that was measured, so that of an even number of values it is the upper one
 * of the two in the middle. NaN when there are none.
 */
export function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[values.length >>> 1] ?? Number.NaN;
}
