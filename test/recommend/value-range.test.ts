import { describe, expect, test } from 'vitest';
import { checkValue } from '../../src/recommend/value-range.js';
import type { Manifest } from '../../src/snapshot/manifest.js';
import { smallService } from '../support/small-service.js';

type Facts = Pick<Manifest['dataset'], 'valueKind' | 'scale'>;
const dataset = (facts: Facts) => ({ ...smallService().manifest.dataset, ...facts });
const STARS: Facts = { valueKind: 'ratings', scale: { min: 0.5, max: 5 } };
const LABELS: Facts = { valueKind: 'labels', scale: { min: -1, max: 1 } };
const COUNTS: Facts = { valueKind: 'quantities', scale: null };

describe('a value', () => {
  test.each<[Facts, 'history' | 'events', (number | undefined)[], number[]]>([
    [
      STARS,
      'history',
      [undefined, 0.5, 3.7, 5, -0.1, -5],
      [0, 0.4, 5.1, -5.1, 1e6, Number.NaN, Number.POSITIVE_INFINITY],
    ],
    [STARS, 'events', [undefined, 0.5, 5, -5], [0, 6, -6, Number.NaN]],
    [LABELS, 'events', [undefined, -1, 0, 1], [-1.1, 1.1]],
    [COUNTS, 'events', [undefined, 0.01, 1, 1e6], [0, -1, 1e7]],
    [COUNTS, 'history', [undefined, 0.01, 1e6, -1, -1e6], [0, 1e7, -1e7]],
    [{ valueKind: 'none', scale: null }, 'events', [undefined, 0, 17, -3], []],
    [{}, 'history', [undefined, 0, 1e9], []],
  ])('of %j in %s may be %j and not %j', (facts, list, good, bad) => {
    for (const value of good) expect(() => checkValue(value, dataset(facts), list, 0)).not.toThrow();
    for (const value of bad) {
      expect(() => checkValue(value, dataset(facts), list, 7)).toThrow(
        expect.objectContaining({
          code: 'value-out-of-scale',
          fields: expect.objectContaining({ path: '[7].value', value }),
        }),
      );
    }
  });

  test('that is wrong is told what it should be', () => {
    expect(() => checkValue(1e6, dataset(STARS), 'events', 3)).toThrow(
      '`events[3].value` must be on the scale of the data, 0.5 to 5, or from -5 to below 0 for a dislike, got 1000000.',
    );
    expect(() => checkValue(-1, dataset(COUNTS), 'events', 0)).toThrow(
      '`events[0].value` must be above 0 and at most 1000000, got -1.',
    );
  });
});
