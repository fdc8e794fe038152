import { createHash } from 'node:crypto';
import { type Csr, rowsWithEntries } from '../../base/numeric/sparse.js';
import { ShortlistError } from '../../errors.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import type { AlsOptions } from '../../learn/training/als-options.js';
import type { TrainingChoice } from '../../learn/training/train.js';
import { rankingMetricNames } from '../quality/ranking-metrics.js';
import type { FoldOptions } from './folds.js';
import { TUNED_NAMES } from './space.js';
import type { TuningSubject } from './state.js';

/**
 * The options that were given: the search leaves them as they are.
 * @throws ShortlistError `invalid-option` when that leaves nothing to search
 */
export function givenOptions({ algorithm, options }: TrainingChoice): Partial<AlsOptions> {
  if (algorithm !== 'als') {
    throw new ShortlistError('invalid-option', `Tuning searches the hyper-parameters of als, not of ${algorithm}.`);
  }
  if (TUNED_NAMES.some(name => options[name] === undefined)) return options;
  throw new ShortlistError(
    'invalid-option',
    `There is nothing to tune: ${TUNED_NAMES.map(name => `\`${name}\``).join(', ')} are all given.`,
  );
}

/**
 * The metric to raise and its length of list.
 * @throws ShortlistError `invalid-option` for one that is not measured
 */
export function wantedMetric(wanted: string | undefined, cutOffs: readonly number[]): { metric: string; k: number } {
  const metric = wanted ?? `ndcg@${cutOffs[0]}`;
  const k = cutOffs.find(cutOff => rankingMetricNames([cutOff]).includes(metric));
  if (k !== undefined) return { metric, k };
  const names = rankingMetricNames(cutOffs).join(', ');
  throw new ShortlistError('invalid-option', `\`tuneMetric\` must be one of ${names}, got "${metric}".`);
}

/** All that makes the trials of two searches comparable. */
export function tuningSubject(
  train: Dataset,
  { split, seed, negatives }: FoldOptions,
  metric: string,
  given: Partial<AlsOptions>,
): TuningSubject {
  return {
    data: fingerprint(train),
    split: split.kind === 'leave-last-out' ? split.kind : `${split.kind}:${split.fraction}`,
    negatives: negatives === undefined ? 'none' : `${negatives} per user`,
    metric,
    seed: String(seed),
    options: JSON.stringify(given),
  };
}

/** Mean number of listed negatives of the users that have any. */
export function negativesPerUser(negatives: Csr): number {
  return Math.max(1, Math.round(negatives.indices.length / Math.max(1, rowsWithEntries(negatives).length)));
}

function fingerprint({ users, items, byUser, timestamps, positions }: Dataset): string {
  const hash = createHash('sha256').update(JSON.stringify([users.size, items.size]));
  for (const array of [byUser.starts, byUser.indices, byUser.values, timestamps, positions])
    if (array) hash.update(array);
  return `${byUser.indices.length} interactions ${hash.digest('hex').slice(0, 16)}`;
}
