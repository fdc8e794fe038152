import { createRandom, shuffle } from '../../base/numeric/random.js';
import {
  type Csr,
  csrFromCoordinates,
  filterEntries,
  rowIndices,
  rowNumbers,
  rowsWithEntries,
} from '../../base/numeric/sparse.js';
import { ShortlistError } from '../../errors.js';
import { type Dataset, filterDataset } from '../../learn/dataset/dataset.js';
import { type SplitSpec, splitDataset } from '../../learn/dataset/splits.js';

/** A part of the training interactions to train on, and another to measure with. */
export interface ValidationFold {
  readonly train: Dataset;
  readonly test: Csr;
  /** Users × items to rank the test items against, instead of all items. */
  readonly negatives?: Csr;
}

export interface FoldOptions {
  readonly split: SplitSpec;
  readonly seed: number;
  /** Interactions rated lower are no hits. */
  readonly minRating: number;
  /** How many items that a user does not have to draw for each, to rank test items against. Default: all items. */
  readonly negatives?: number;
}

/** Few users make a noisy figure: folds are added until this many are measured, within reason. */
const USERS_WANTED = 5_000;
const MOST_FOLDS = 5;

/**
 * Validation parts taken from training interactions only, so that tuning never sees what is tested in the end: by the
 * same kind of split as the test. Each further fold of `random` is another draw; of the splits by time it goes one more
 * step into the past and trains on nothing that is later than what it measures with (rolling origin).
 * @throws ShortlistError `no-usable-rows` when no user has enough interactions
 */
export function validationFolds(train: Dataset, { split, seed, minRating, negatives }: FoldOptions): ValidationFold[] {
  const folds: ValidationFold[] = [];
  let rest = train;
  for (let users = 0; users < USERS_WANTED && folds.length < MOST_FOLDS; ) {
    const parts = splitDataset(rest, split, seed + folds.length);
    const test = filterEntries(
      parts.test,
      (user, _item, value) => value >= minRating && rowIndices(parts.train.byUser, user).length > 0,
    );
    const tested = rowsWithEntries(test).length;
    if (tested === 0) break;
    users += tested;
    const drawn = negatives === undefined ? {} : { negatives: drawNegatives(train, negatives, seed) };
    folds.push({ train: parts.train, test, ...drawn });
    if (split.kind !== 'random') rest = parts.train;
  }
  if (folds.length > 0) return folds;
  throw new ShortlistError(
    'no-usable-rows',
    'Tuning needs users with at least two training interactions, one of them to measure with, and there are none.',
  );
}

/** How to divide the training part where the test part came as a file: as that seems to have been made. */
export function validationSplit(test: Csr): SplitSpec {
  const users = rowsWithEntries(test).length;
  // A tenth: enough to measure with, and what is left is nearly as dense as what the winner will be trained on.
  return test.indices.length < 1.5 * users ? { kind: 'leave-last-out' } : { kind: 'random', fraction: 0.1 };
}

/** The fold with interactions of at most this number of users, drawn at random. */
export function sampleUsers(fold: ValidationFold, users: number, seed: number): ValidationFold {
  const sample = drawUsers(fold, users, seed);
  if (!sample) return fold;
  const userOf = rowNumbers(fold.train.byUser);
  return {
    ...sampleTests(fold, users, seed),
    train: filterDataset(fold.train, entry => sample[userOf[entry]!] === 1),
  };
}

/** The fold with test items of at most this number of users, the same as `sampleUsers` draws. */
export function sampleTests(fold: ValidationFold, users: number, seed: number): ValidationFold {
  const sample = drawUsers(fold, users, seed);
  return sample ? { ...fold, test: filterEntries(fold.test, user => sample[user] === 1) } : fold;
}

/** Marks the drawn users; undefined when all are wanted. */
function drawUsers({ test }: ValidationFold, users: number, seed: number): Uint8Array | undefined {
  const tested = rowsWithEntries(test);
  if (tested.length <= users) return undefined;
  const sample = new Uint8Array(test.rows);
  for (const user of shuffle(tested, createRandom(seed)).subarray(0, users)) sample[user] = 1;
  return sample;
}

function drawNegatives({ byUser }: Dataset, count: number, seed: number): Csr {
  const random = createRandom(seed);
  const { rows, columns } = byUser;
  const users: number[] = [];
  const items: number[] = [];
  for (let user = 0; user < rows; user++) {
    const own = new Set(rowIndices(byUser, user));
    for (let wanted = Math.min(count, columns - own.size); wanted > 0; ) {
      const item = random.below(columns);
      if (own.has(item)) continue;
      own.add(item);
      users.push(user);
      items.push(item);
      wanted--;
    }
  }
  return csrFromCoordinates(
    rows,
    columns,
    Uint32Array.from(users),
    Uint32Array.from(items),
    new Float32Array(users.length).fill(1),
  ).csr;
}
