import { describe, expect, test } from 'vitest';
import { requireTestable, type TestParts } from '../../../src/measure/quality/testable-users.js';
import { matrixOf } from '../../support/sample-data.js';

const none = matrixOf(3, [[], []]);
const some = matrixOf(3, [[2], [1]]);
const parts = (given: Partial<TestParts>): TestParts => ({
  history: matrixOf(3, [[0, 1], [0]]),
  heldBack: some,
  relevant: some,
  least: 0,
  ...given,
});

describe('nobody left to test on', () => {
  test.each<[string, Partial<TestParts>, RegExp]>([
    [
      'since all have one interaction',
      { history: matrixOf(3, [[0], [1]]), heldBack: none, relevant: none, split: { kind: 'leave-last-out' } },
      /all 2 users have one interaction each/,
    ],
    [
      'since nobody was there before and after',
      { heldBack: none, relevant: none, split: { kind: 'time', fraction: 0.2 } },
      /both before and after the point of the split/,
    ],
    [
      'since the part is too small',
      { heldBack: none, relevant: none, split: { kind: 'random', fraction: 0.001 } },
      /holds back none of the 3 interactions/,
    ],
    ['since training has it all', { heldBack: none, relevant: none }, /training has all interactions of the test part/],
    ['since no value is a hit', { relevant: none, least: 4 }, /none of the 2 .* is at least `minRating` \(4\)/],
    ['since nothing was bought', { relevant: none, least: Number.MIN_VALUE }, /none of the 2 .* is above 0/],
    ['since the ids differ', { history: none }, /of 2 users .* none has training interactions\. Check .* user ids/],
    ['since negatives are of others', { negatives: none }, /none has training interactions and listed negatives/],
  ])('%s', (_, given, message) => {
    expect(() => requireTestable(parts(given))).toThrow(
      expect.objectContaining({ code: 'no-usable-rows', message: expect.stringMatching(message) }),
    );
  });

  test('is no complaint where there is somebody', () => {
    expect(requireTestable(parts({}))).toBeUndefined();
  });
});
