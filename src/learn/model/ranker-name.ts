/** The popularity rankers: see `popularity.ts` for what each computes. */
export const RANKER_NAMES = ['damped-mean', 'mean', 'count', 'trending'] as const;
export type RankerName = (typeof RANKER_NAMES)[number];
