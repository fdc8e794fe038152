import { z } from 'zod';
import { namesOf } from '../base/options/option.js';
import { numbers } from '../base/options/schema.js';
import { ATTRIBUTE_KINDS } from '../learn/model/attributes.js';
import { VALUE_KINDS } from '../learn/ratings/ratings-table.js';
import { ALS_LOSS_OPTIONS } from '../learn/training/als-options.js';
import { SOURCE_KINDS } from '../retrieve/candidate-source.js';

/** Raised whenever a reader of the old format would misread the new one. */
export const FORMAT_VERSION = 2;

/** Name of the manifest inside a snapshot's directory. */
export const MANIFEST_FILE = 'manifest.json';

const count = z.int().nonnegative();
const finite = z.number();
const sourceKind = z.enum(SOURCE_KINDS);
const effort = z.union([finite.nonnegative(), z.literal('exact')]);

const objective = z.discriminatedUnion('algorithm', [
  z.object({
    algorithm: z.literal('als'),
    ...numbers(namesOf(ALS_LOSS_OPTIONS)),
    /** Where values are quantities and `alpha` is not 0: what 1 + alpha · √quantity is divided by. */
    quantityUnit: finite.positive().exactOptional(),
  }),
  z.object({ algorithm: z.literal('sgd'), regularization: finite, meanRating: finite }),
]);

/** As `OperatingPointChoice` in retrieve/operating-point.ts. */
const operatingPointChoice = z.object({
  operatingPoint: z.object({ source: sourceKind, effort, k: count }),
  target: finite,
  targetReached: z.boolean(),
  curve: z.array(
    z.object({ source: sourceKind, effort, recall: finite, recallAtLimit: finite, certified: finite, p50us: finite }),
  ),
  checked: z.object({ users: count, recall: finite, recallAtLimit: finite }),
});

/** What a snapshot is and how it came to be: enough to verify it, serve it and repeat it. */
export const manifestSchema = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  /** Unique, and sorts by time of creation. */
  id: z.string().regex(/^[0-9A-Za-z-]+$/),
  created: z.iso.datetime(),
  /** Options of the training, as given or by default. */
  parameters: z.record(z.string(), z.unknown()),
  objective,
  dataset: z.object({
    users: count,
    /** Items that were trained. */
    items: count,
    /** Items without ratings beside them, whose vectors come from their categories. */
    coldItems: count,
    ratings: count,
    duplicates: count,
    rejected: count,
    /** False when the source had interactions without ratings. */
    rated: z.boolean(),
    meanRating: finite.nullable(),
    /** What the values are. Snapshots of earlier versions do not say. */
    valueKind: z.enum(VALUE_KINDS).exactOptional(),
    /** Smallest and largest rating, where the values are ratings or labels; otherwise null. */
    scale: z.object({ min: finite, max: finite }).nullable().exactOptional(),
    /** What is known of items beside titles and categories. Snapshots without attributes do not have it. */
    attributes: z.array(z.object({ name: z.string(), kind: z.enum(ATTRIBUTE_KINDS) })).exactOptional(),
    /** Time of the first and last rating, or null for data without timestamps. */
    from: z.iso.datetime().nullable(),
    to: z.iso.datetime().nullable(),
  }),
  model: z.object({
    /** Columns of the factor matrices, folded biases included. */
    columns: count.positive(),
    /** Loss after the last iteration; null for factors that were trained elsewhere. */
    loss: finite.nullable(),
  }),
  retrieval: operatingPointChoice.extend({
    /** Seconds to build each source that needs building. */
    buildSeconds: z.partialRecord(sourceKind, finite),
    /** How the HNSW graph was built, or null when there is none. */
    hnsw: z.object({ m: count, efConstruction: count, space: z.enum(['ip', 'l2']), seed: count }).nullable(),
    /**
     * How hard the search for similar items tries in the cells, and its recall of the best hundred for items that this
     * was not chosen by.
     */
    similarity: z.object({ effort, recall: finite }),
  }),
  seconds: z.record(z.string(), finite),
  /** Every file of the snapshot but the manifest itself. */
  files: z.record(z.string().regex(/^[a-z0-9.-]+$/), z.object({ bytes: count, sha256: z.string().length(64) })),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type FileFacts = Manifest['files'][string];
