import { ShortlistError } from '../../errors.js';

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
