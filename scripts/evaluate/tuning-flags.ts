import { ABOVE_ZERO, real } from '../../src/base/options/option.js';
import { ShortlistError } from '../../src/errors.js';
import type { Flags, Options } from '../command/command.js';
import { numberFlag, onOff, text } from '../command/flag-values.js';

/** Minutes that a search may take by default. */
export const DEFAULT_BUDGET = 10;
export const DEFAULT_OUT = 'data/tuning';

const budget = real({
  meaning: 'with --tune: time for all trials, those of earlier runs included',
  min: ABOVE_ZERO,
  default: String(DEFAULT_BUDGET),
});

/** The flags of `evaluate` that search the hyper-parameters first. */
export const tuningFlags = {
  tune: {
    help: 'first search factors, regularization, its exponent and unobserved weight, as far as no flag gives them',
    schema: onOff(),
  },
  budget: { ...numberFlag(budget), value: 'MINUTES' },
  tuneMetric: {
    value: 'NAME',
    help: 'with --tune: what to raise, such as recall@20 (default: ndcg at the first --k)',
    schema: text().optional(),
  },
  out: {
    value: 'DIR',
    help: `with --tune: where trials and winner are kept, to resume and to use (default: ${DEFAULT_OUT})`,
    schema: text().optional(),
  },
} satisfies Flags;

/** @throws ShortlistError `invalid-option` for flags of tuning without `--tune` */
export function checkTuningFlags({ tune, budget, tuneMetric, out }: Options<typeof tuningFlags>): void {
  if (tune || (budget ?? tuneMetric ?? out) === undefined) return;
  throw new ShortlistError('invalid-option', '--budget, --tune-metric and --out have no meaning without --tune');
}
