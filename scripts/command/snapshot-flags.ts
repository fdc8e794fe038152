import { SOURCE_KINDS } from '../../src/retrieve/candidate-source.js';
import type { BuildOptions } from '../../src/snapshot/build.js';
import type { PublishOptions } from '../../src/snapshot/publish-factors.js';
import type { Flags, Options } from './command.js';
import { commaList, integer, oneOf, real, text } from './flag-values.js';
import { trainingChoice, trainingFlags } from './training-flags.js';

// The flags of every command that builds a snapshot.

/** Seed of everything that has no seed of its own. */
const DEFAULT_SEED = 1;

/** Of those that publish factors, wherever these come from. */
export const publishFlags = {
  snapshots: {
    value: 'DIR',
    help: 'directory of snapshots; made where it is missing',
    schema: text().default('data/snapshots'),
  },
  recallTarget: {
    value: 'X',
    help: 'least share of the exact top 10, and of the exact candidates, that serving must find',
    schema: real(0, 1).default(0.99),
  },
  sources: {
    value: 'LIST',
    help: 'candidate sources to choose from',
    schema: commaList(oneOf(SOURCE_KINDS)).default([...SOURCE_KINDS]),
  },
  keep: { value: 'N', help: 'snapshots to keep, this one included', schema: integer(1, 1000).default(3) },
} satisfies Flags;

/** Beside `publishFlags` for a command that does not train: the training flags have a seed of their own. */
export const seedFlag = {
  seed: { value: 'N', help: 'seed of everything random', schema: integer(0).default(DEFAULT_SEED) },
} satisfies Flags;

/** Of those that train and publish. */
export const snapshotFlags = { ...publishFlags, ...trainingFlags } satisfies Flags;

export function publishOptions(
  flags: Options<typeof publishFlags> & { readonly seed?: number | undefined },
): PublishOptions {
  const { sources, recallTarget, keep, seed = DEFAULT_SEED } = flags;
  return { sources, recallTarget, seed, keep };
}

/** @throws {ShortlistError} `invalid-option` for flags that do not go together */
export function buildOptions(flags: Options<typeof snapshotFlags>): BuildOptions {
  return { training: trainingChoice(flags), ...publishOptions(flags) };
}
