import { createHash } from 'node:crypto';
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

/** The ids that a store gives: time of creation, and what tells apart the snapshots of one millisecond. */
export const SNAPSHOT_ID = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

const count = z.int().nonnegative();
const finite = z.number();
/** Far beyond any model: what it bounds is arithmetic with sizes that were read. */
const MOST_COLUMNS = 2 ** 20;
const sourceKind = z.enum(SOURCE_KINDS);
/** The kernels count with 32 bits. */
const effort = z.union([finite.nonnegative().max(2 ** 31 - 1), z.literal('exact')]);

/** Of a term of a loss. Products of larger ones would overflow. */
const weight = finite.nonnegative().max(1e18);

const objective = z.discriminatedUnion('algorithm', [
  z.object({
    algorithm: z.literal('als'),
    ...numbers(namesOf(ALS_LOSS_OPTIONS)),
    regularization: weight,
    regularizationExponent: finite.nonnegative().max(10),
    unobservedWeight: weight,
    alpha: weight,
    /** Where values are quantities and `alpha` is not 0: what 1 + alpha · √quantity is divided by. */
    quantityUnit: finite.min(1e-9).exactOptional(),
  }),
  z.object({ algorithm: z.literal('sgd'), regularization: weight, meanRating: finite.min(-1e19).max(1e19) }),
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
  id: z.string().regex(SNAPSHOT_ID),
  created: z.iso.datetime(),
  /** Options of the training, as given or by default. */
  parameters: z.record(z.string(), z.unknown()),
  objective,
  dataset: z.object({
    users: count.positive(),
    /** Items that were trained. */
    items: count.positive(),
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
    columns: count.positive().max(MOST_COLUMNS),
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
  files: z.record(
    z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/),
    z.object({ bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

/** What the file of a manifest has beside it, as the last field: the SHA-256 of the others as JSON without white space. */
export const CHECKSUM_FIELD = 'checksum';

/** The text of a manifest's file. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, [CHECKSUM_FIELD]: checksumOf(manifest) }, null, 2)}\n`;
}

/** @param manifest without the checksum */
export function checksumOf(manifest: object): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

export type Manifest = z.infer<typeof manifestSchema>;
export type FileFacts = Manifest['files'][string];
