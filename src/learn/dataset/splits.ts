import { createRandom, type Random } from '../../base/numeric/random.js';
import { type Csr, filterEntries } from '../../base/numeric/sparse.js';
import { ShortlistError } from '../../errors.js';
import { type Dataset, filterDataset } from './dataset.js';

/** How a dataset is divided into a part to train on and a part to test on; see `splitDataset` for the meaning. */
export type SplitSpec =
  | { readonly kind: 'leave-last-out' }
  | { readonly kind: 'random'; readonly fraction: number }
  | { readonly kind: 'time'; readonly fraction: number };

/**
 * Reads a split as commands write it: `leave-last-out`, `random:0.2` or `time:0.2`. The number is the tested part,
 * between 0 and 1, both excluded.
 * @throws ShortlistError 'invalid-option'
 */
export function parseSplitSpec(text: string): SplitSpec {
  if (text === 'leave-last-out') return { kind: text };
  const match = /^(random|time):(\d*\.?\d+)$/.exec(text);
  const fraction = Number(match?.[2]);
  if (match && fraction > 0 && fraction < 1) return { kind: match[1] as 'random' | 'time', fraction };
  throw new ShortlistError(
    'invalid-option',
    `expected leave-last-out, random:F or time:F with F between 0 and 1, such as random:0.2, got "${text}"`,
    { split: text },
  );
}

/** A dataset to train on, and the interactions held back from it, users × items in the same index space. */
export interface Split {
  readonly train: Dataset;
  readonly test: Csr;
}

/**
 * Divides a dataset. Every interaction ends up in exactly one part, but for those that `time` leaves out.
 *
 * - `leave-last-out`: the latest interaction of each user is tested; of those of the same time, and in data without
 *   timestamps, the one that stands last in the source.
 * - `random:F`: of a user's n interactions about F · n are tested, drawn at random.
 * - `time:F`: one point in time for all users; the latest part F of all interactions, and those of the same moment as
 *   the first of them, leave training. Users without any interaction before that point would have to be guessed, so
 *   their later interactions are in neither part.
 *
 * Except in `time`, a user keeps at least one interaction in training.
 * @param seed the same seed gives the same split
 * @throws ShortlistError 'invalid-option' when `time` is asked of data without timestamps
 */
export function splitDataset(dataset: Dataset, spec: SplitSpec, seed = 1): Split {
  const random = createRandom(seed);
  switch (spec.kind) {
    case 'leave-last-out':
      return divide(dataset, lastOfEachUser(dataset));
    case 'random':
      return divide(dataset, partOfEachUser(dataset, spec.fraction, random));
    case 'time':
      return divide(dataset, latestPart(dataset, spec.fraction));
  }
}

const TRAIN = 0;
const TEST = 1;
const NEITHER = 2;

function lastOfEachUser({ byUser, timestamps, positions }: Dataset): Uint8Array {
  const part = new Uint8Array(byUser.indices.length);
  forEachUser(byUser, (start, end) => {
    if (end - start < 2) return;
    let last = start;
    for (let e = start + 1; e < end; e++) {
      const later = timestamps ? timestamps[e]! - timestamps[last]! : 0;
      if (later > 0 || (later === 0 && positions[e]! > positions[last]!)) last = e;
    }
    part[last] = TEST;
  });
  return part;
}

function partOfEachUser({ byUser }: Dataset, fraction: number, random: Random): Uint8Array {
  const part = new Uint8Array(byUser.indices.length);
  forEachUser(byUser, (start, end) => {
    // Rounded up or down at random, so that short histories give their share too.
    let wanted = Math.min(end - start - 1, Math.floor(fraction * (end - start) + random.uniform()));
    for (let e = start; wanted > 0; e++) {
      if (random.below(end - e) >= wanted) continue;
      part[e] = TEST;
      wanted--;
    }
  });
  return part;
}

function latestPart({ byUser, timestamps }: Dataset, fraction: number): Uint8Array {
  if (!timestamps) {
    throw new ShortlistError(
      'invalid-option',
      'A split by time needs ratings with a timestamp column, and these have none. Use random:F instead.',
    );
  }
  const inOrder = timestamps.slice().sort();
  const cut = inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * (1 - fraction)))]!;
  const part = new Uint8Array(timestamps.length);
  forEachUser(byUser, (start, end) => {
    const times = timestamps.subarray(start, end);
    const later = times.some(time => time < cut) ? TEST : NEITHER;
    times.forEach((time, i) => {
      part[start + i] = time < cut ? TRAIN : later;
    });
  });
  return part;
}

function divide(dataset: Dataset, part: Uint8Array): Split {
  return {
    train: filterDataset(dataset, entry => part[entry] === TRAIN),
    test: filterEntries(dataset.byUser, (_user, _item, _value, entry) => part[entry] === TEST),
  };
}

function forEachUser(byUser: Csr, visit: (start: number, end: number) => void): void {
  for (let u = 0; u < byUser.rows; u++) visit(byUser.starts[u]!, byUser.starts[u + 1]!);
}
