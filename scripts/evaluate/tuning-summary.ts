import { kebabCase } from '../command/command.js';
import type { Tuning } from './report.js';

/** What a search found, for a terminal: nothing where there was none. */
export function tuningSummary(tuning: Tuning | undefined): string[] {
  if (!tuning) return [];
  const { trials, seconds, complete, metric, value, best, path } = tuning;
  const end = complete ? '' : ' (the budget ended before the search did; the same command with a larger one goes on)';
  const flags = Object.entries(best).map(([name, setting]) => `--${kebabCase(name)} ${setting}`);
  return [
    `tuned by ${trials} trials in ${(seconds / 60).toFixed(1)} minutes${end}`,
    `${metric} ${value.toFixed(4)} on interactions held back from training, with`,
    `  ${flags.join(' ')}`,
    `or --parameters ${path}`,
    '',
  ];
}
