import type { TrainingChoice } from '../../src/learn/training/train.js';
import { SOURCE_KINDS } from '../../src/retrieve/candidate-source.js';
import type { BuildOptions } from '../../src/snapshot/build.js';
import type { PublishOptions } from '../../src/snapshot/publish-factors.js';
import { PUBLISH_OPTIONS } from '../../src/snapshot/publish-options.js';
import type { Flags, Options } from './command.js';
import { commaList, numberFlag, oneOf, text } from './flag-values.js';
import { trainingChoice, trainingFlags } from './training-flags.js';

// The flags of every command that builds a snapshot.

/** Of those that publish factors, wherever these come from. */
export const publishFlags = {
  snapshots: {
    value: 'DIR',
    help: 'directory of snapshots; made where it is missing, for you alone (its permissions hold for all in it)',
    schema: text().default('data/snapshots'),
  },
  recallTarget: numberFlag(PUBLISH_OPTIONS.recallTarget),
  sources: {
    value: 'LIST',
    help: `candidate sources to choose from (default: ${SOURCE_KINDS}; hnsw only where hnswlib-node is installed)`,
    schema: commaList(oneOf(SOURCE_KINDS)).optional(),
  },
  keep: numberFlag(PUBLISH_OPTIONS.keep),
} satisfies Flags;

/** Beside `publishFlags` for a command that does not train: the training flags have a seed of their own. */
export const seedFlag = { seed: numberFlag(PUBLISH_OPTIONS.seed) } satisfies Flags;

/** Of those that train and publish. */
export const snapshotFlags = { ...publishFlags, ...trainingFlags } satisfies Flags;

export function publishOptions(
  flags: Options<typeof publishFlags> & { readonly seed?: number | undefined },
): PublishOptions {
  const { sources, recallTarget, keep, seed } = flags;
  return { sources, recallTarget, seed, keep };
}

/** @throws {ShortlistError} `invalid-option` for flags that do not go together */
export function buildOptions(flags: Options<typeof snapshotFlags>): BuildOptions & { training: TrainingChoice } {
  return { training: trainingChoice(flags), ...publishOptions(flags) };
}
