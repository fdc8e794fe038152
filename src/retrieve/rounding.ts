/**
 * Rounding of single-precision scores, bounded. A computed dot product differs from the exact one by at most
 * `relativeError(stride)` × |q| × |x| + `underflowError(stride)` (Higham, Accuracy and Stability of Numerical
 * Algorithms, 2002, section 3.1), whatever the vectors, as long as no partial sum overflows.
 */
export function relativeError(stride: number): number {
  // Each product is rounded once itself and once for every later addition in its lane, then twice between the lanes.
  // Eight roundings on top leave room for those of scales and of the bounds' own arithmetic.
  return (stride / 4 + 8) * 2 ** -24;
}

/** What products among the denormals may lose: half the smallest float (2^-149) each. */
export function underflowError(stride: number): number {
  return stride * 2 ** -149;
}
