import { type Csr, filterEntries, hasEntry } from '../../src/base/numeric/sparse.js';
import { ShortlistError } from '../../src/errors.js';
import { createDataset, type Dataset, interactionsOf } from '../../src/learn/dataset/dataset.js';
import { parseSplitSpec, splitDataset } from '../../src/learn/dataset/splits.js';
import type { RatingsTable, ValueKind } from '../../src/learn/ratings/ratings-table.js';
import { type ReadRatingsOptions, readRatings } from '../../src/learn/ratings/read-ratings.js';
import type { Flags, Options } from '../command/command.js';
import { parsedBy, text, texts } from '../command/flag-values.js';
import { TABLES } from '../command/reader-flags.js';

/** The flags that say what to train on and what to test on. */
export const partFlags = {
  ratings: { value: 'FILE...', help: `ratings to divide with --split: ${TABLES}`, schema: texts().optional() },
  split: {
    value: 'HOW',
    help: 'what to hold back: leave-last-out, random:F or time:F with F the part tested, such as random:0.2',
    schema: parsedBy(parseSplitSpec).optional(),
  },
  train: {
    value: 'FILE...',
    help: 'ratings to train on, instead of --ratings and --split',
    schema: texts().optional(),
  },
  test: { value: 'FILE...', help: 'ratings held back, with --train', schema: texts().optional() },
  negatives: {
    value: 'FILE...',
    help: "with --train: rows of user and item; rank each test item against that user's rows only",
    schema: texts().optional(),
  },
  writeSplit: {
    value: 'DIR',
    help: 'write the two parts to train.csv and test.csv there, for other systems',
    schema: text().optional(),
  },
} satisfies Flags;

/** What to train on and what to test on, in one index space. */
export interface EvaluationParts {
  readonly train: Dataset;
  readonly test: Csr;
  readonly negatives?: Csr;
  /** The files as they were read, part by part. */
  readonly tables: readonly RatingsTable[];
}

/**
 * Reads the files that the flags name.
 * @throws ShortlistError 'invalid-option' unless the flags name either two parts or a whole and its split
 */
export async function readParts(
  { ratings, split, train, test, negatives }: Options<typeof partFlags>,
  reader: ReadRatingsOptions,
  seed: number,
): Promise<EvaluationParts> {
  const wholeGiven = ratings ?? split;
  const partsGiven = train ?? test ?? negatives;
  if (ratings && split && !partsGiven) {
    const table = await readRatings(ratings, reader);
    return { ...splitDataset(createDataset(table), split, seed), tables: [table] };
  }
  if (train && test && !wholeGiven) return readFiles(train, test, negatives, reader);
  throw new ShortlistError(
    'invalid-option',
    'give either --train and --test (and --negatives, if you have them), or --ratings and --split',
  );
}

async function readFiles(
  trainFiles: readonly string[],
  testFiles: readonly string[],
  negativesFiles: readonly string[] | undefined,
  reader: ReadRatingsOptions,
): Promise<EvaluationParts> {
  const train = await readRatings(trainFiles, reader);
  // A part of the same data: alone, it may look like something else.
  const test = await readRatings(testFiles, { ...reader, values: reader.values ?? sameAs(train) });
  // Negatives are pairs: any other columns of their file are left out.
  const { headerless, skipBadRows, userColumn, itemColumn } = reader;
  const pairs = { headerless, skipBadRows, userColumn, itemColumn, values: 'none' } as const;
  const negatives = negativesFiles && (await readRatings(negativesFiles, pairs));
  const dataset = createDataset(train, test, ...(negatives ? [negatives] : []));
  const { byUser } = dataset;
  return {
    train: dataset,
    // What training has seen is never recommended again, so as a test item it could only be missed.
    test: filterEntries(interactionsOf(test, dataset), (user, item) => !hasEntry(byUser, user, item)),
    ...(negatives ? { negatives: interactionsOf(negatives, dataset) } : {}),
    tables: [train, test, ...(negatives ? [negatives] : [])],
  };
}

/** The kind of values to read the test part with: without any in training, its own say what is a hit. */
function sameAs({ valueKind }: RatingsTable): ValueKind | undefined {
  return valueKind === 'none' ? undefined : valueKind;
}
