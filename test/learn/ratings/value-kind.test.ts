import { describe, expect, test } from 'vitest';
import { judgeValues, scaleOf } from '../../../src/learn/ratings/value-kind.js';

const of = (...values: number[]) => Float32Array.from(values);
const times = (count: number, ...values: number[]) => Array.from({ length: count }, () => values).flat();

describe('judgeValues', () => {
  test.each<[string, Float32Array, string]>([
    ['zeros and ones', of(0, 1, 1), 'labels'],
    ['minus and plus one', of(-1, 1), 'labels'],
    ['nothing but noes', of(-1, -1), 'labels'],
    ['stars', of(0.5, 5, 3), 'ratings'],
    ['a scale with zero', of(0, 3, 5), 'ratings'],
    ['percent', of(0, 35, 100), 'ratings'],
    ['play counts', of(1, 2, 3, 250, 1800), 'quantities'],
    ['one mistake among ratings', of(...times(50, 1, 3, 5), 1_000_000), 'ratings'],
    ['fractions beyond any scale', of(0.5, 250, 300), 'ratings'],
  ])('%s', (_, values, kind) => {
    expect(judgeValues(values)).toBe(kind);
  });
});

describe('scaleOf', () => {
  test.each<[string, Float32Array, object | null]>([
    ['reaches from the smallest to the largest', of(3, 0.5, 5), { min: 0.5, max: 5 }],
    ['has a rare value as its end', of(1, ...times(500, 5)), { min: 1, max: 5 }],
    ['leaves a mistake aside', of(...times(20, 1, 5), 1_000_000), { min: 1, max: 5 }],
    ['leaves several mistakes aside', of(...times(1500, 1, 5), 1e6, 5000, -700), { min: 1, max: 5 }],
    ['leaves dislikes aside', of(...times(300, 1, 5), -5, -1), { min: 1, max: 5 }],
    ['leaves aside a word for "seen"', of(...times(30, -1, 7, 10)), { min: 7, max: 10 }],
    ['goes below zero', of(...times(30, -9.5, 2, 9)), { min: -9.5, max: 9 }],
    ['is of what there is', of(-1, -1), { min: -1, max: -1 }],
    ['of zeros', of(0, 0, 5), { min: 0, max: 5 }],
    ['of nothing', of(), null],
  ])('%s', (_, values, scale) => {
    expect(scaleOf(values)).toEqual(scale);
  });
});
