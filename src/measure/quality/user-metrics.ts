/**
 * Some figures for each of some users. Keeping them apart, instead of only their means, allows confidence intervals and
 * slices.
 */
export interface UserMetrics {
  /** The users, as rows of the dataset. */
  readonly users: Uint32Array;
  /** Names of the figures, such as `recall@20`. */
  readonly names: readonly string[];
  /** `users.length * names.length` values, user by user. */
  readonly values: Float64Array;
}

/** The mean over all users, or over the positions `among`; 0 where there are none. */
export function meanMetrics(metrics: UserMetrics, among?: Uint32Array): Record<string, number> {
  const { names, values } = metrics;
  const width = names.length;
  const sums = new Float64Array(width);
  const count = among?.length ?? metrics.users.length;
  for (let n = 0; n < count; n++) {
    const row = (among ? among[n]! : n) * width;
    for (let m = 0; m < width; m++) sums[m]! += values[row + m]!;
  }
  return Object.fromEntries(names.map((name, m) => [name, count === 0 ? 0 : sums[m]! / count]));
}
