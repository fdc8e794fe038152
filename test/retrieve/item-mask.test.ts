import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';

const excluded = (mask: ItemMask): number[] => Array.from({ length: mask.items }, (_, i) => i).filter(i => mask.has(i));

test('counts each excluded item once and clears what was excluded', () => {
  const mask = new ItemMask(Arena.create(), 70);
  mask.excludeAll([3, 33, 3, 69]);
  expect({ excluded: excluded(mask), eligible: mask.eligible }).toEqual({ excluded: [3, 33, 69], eligible: 67 });
  mask.clear();
  expect({ excluded: excluded(mask), eligible: mask.eligible }).toEqual({ excluded: [], eligible: 70 });
});

test('keeps only the listed items that were not excluded before', () => {
  const mask = new ItemMask(Arena.create(), 64);
  mask.excludeAll([5, 40]);
  mask.keepOnly([5, 6, 6, 63]);
  expect(mask.eligible).toBe(2);
  expect([6, 63].map(item => mask.has(item))).toEqual([false, false]);
  expect(mask.countIn(Uint32Array.of(5, 6, 7, 63))).toBe(2);
  mask.keepOnlyIn([[6], [7, 6]]);
  expect({ eligible: mask.eligible, isLeft: !mask.has(6) }).toEqual({ eligible: 1, isLeft: true });
  mask.clear();
  expect(mask.eligible).toBe(64);
  expect(excluded(mask)).toEqual([]);
});

test('excludes by words, each item once', () => {
  const mask = new ItemMask(Arena.create(), 70, [1]);
  mask.excludeAll([3, 40]);
  mask.excludeWords(Uint32Array.of(0b1010, 0xffffffff, 0b100000));
  const expected = [1, 3, ...Array.from({ length: 32 }, (_, i) => 32 + i), 69];
  expect({ excluded: excluded(mask), eligible: mask.eligible }).toEqual({ excluded: expected, eligible: 70 - 35 });
  mask.keepOnly([0, 33, 69]);
  mask.excludeWords(Uint32Array.of(1, 0, 0));
  expect(mask.eligible).toBe(0);
  mask.clear();
  expect({ excluded: excluded(mask), eligible: mask.eligible }).toEqual({ excluded: [1], eligible: 69 });
});

test('what is excluded always stays so, however the mask was used', () => {
  const mask = new ItemMask(Arena.create(), 1000, [3, 500]);
  const uses = [
    () => {},
    () => mask.excludeAll([3, 4, 999]),
    () => mask.keepOnly([3, 4, 500, 501]),
    () => mask.excludeAll(Array.from({ length: 1000 }, (_, i) => i)),
  ];
  for (const use of uses) {
    use();
    expect([mask.has(3), mask.has(500)]).toEqual([true, true]);
    mask.clear();
    expect({ excluded: excluded(mask), eligible: mask.eligible }).toEqual({ excluded: [3, 500], eligible: 998 });
  }
  mask.keepOnly([3, 4]);
  expect(mask.eligible).toBe(1);
});

test('clears a mask with most words touched', () => {
  const mask = new ItemMask(Arena.create(), 1000);
  mask.excludeAll(Array.from({ length: 1000 }, (_, i) => i));
  expect(mask.eligible).toBe(0);
  mask.clear();
  expect(excluded(mask)).toEqual([]);
});
