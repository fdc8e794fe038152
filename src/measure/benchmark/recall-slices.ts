import { ascendingOrder } from '../../base/numeric/sorting.js';
import type { Csr } from '../../base/numeric/sparse.js';
import { type CandidateSource, type Effort, recallOf } from '../../retrieve/candidate-source.js';
import type { SearchWorkload } from '../../retrieve/search-workload.js';
import { activitySlices } from '../quality/activity-slices.js';

/** Recall of one setting for a part of the users, or of the items. */
export interface RecallSlice {
  /** Interactions of a user, or of an item, both ends included. */
  readonly interactions: readonly [least: number, most: number];
  /** Users, or items in exact answers, that the recall is about. */
  readonly count: number;
  readonly recall: number;
}

const ITEM_SLICES = 4;

/** Recall for quarters of the users, from the shortest to the longest histories. */
export function recallByActivity(
  source: CandidateSource,
  effort: Effort,
  workload: SearchWorkload,
  users: Uint32Array,
  history: Csr,
): RecallSlice[] {
  const values = Float64Array.from(users, (_, n) =>
    recallOf(workload.ask(source, effort, n).found, workload.truth(n), workload.k),
  );
  return activitySlices({ users, names: ['recall'], values }, history).map(
    ({ interactions, users: count, metrics }) => ({
      interactions,
      count,
      recall: metrics.recall ?? 0,
    }),
  );
}

/**
 * Part of the items in exact answers that were found, for quarters of the catalogue from the least to the most
 * interactions: whether the tail of the catalogue is lost on the way.
 * @param counts interactions of each item
 */
export function recallByPopularity(
  source: CandidateSource,
  effort: Effort,
  workload: SearchWorkload,
  counts: Uint32Array,
): RecallSlice[] {
  const ascending = ascendingOrder(counts);
  const sliceOf = new Uint8Array(counts.length);
  ascending.forEach((item, place) => {
    sliceOf[item] = Math.floor((place * ITEM_SLICES) / counts.length);
  });
  const wanted = new Uint32Array(ITEM_SLICES);
  const found = new Uint32Array(ITEM_SLICES);
  for (let n = 0; n < workload.size; n++) {
    const answer = new Set(workload.ask(source, effort, n).found.items);
    for (const item of workload.truth(n).items) {
      wanted[sliceOf[item]!]!++;
      if (answer.has(item)) found[sliceOf[item]!]!++;
    }
  }
  const edge = (slice: number) => Math.ceil((slice * counts.length) / ITEM_SLICES);
  return Array.from(wanted, (count, slice) => ({
    interactions: [counts[ascending[edge(slice)]!] ?? 0, counts[ascending[edge(slice + 1) - 1]!] ?? 0] as const,
    count,
    recall: count === 0 ? 1 : found[slice]! / count,
  })).filter((_, slice) => edge(slice) < edge(slice + 1));
}
