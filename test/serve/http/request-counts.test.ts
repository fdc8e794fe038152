import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RequestCounts } from '../../../src/serve/http/request-counts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const hits = (counts: RequestCounts, key: string) => counts.increment(key).totalHits;

test('each key is counted, until the minute is over', () => {
  const counts = new RequestCounts();
  expect(['a', 'b', 'a', 'a'].map(key => hits(counts, key))).toEqual([1, 1, 2, 3]);
  vi.advanceTimersByTime(59_000);
  expect(hits(counts, 'a')).toBe(4);
  vi.advanceTimersByTime(1000);
  expect(hits(counts, 'a')).toBe(1);
  vi.setSystemTime(Date.now() - 86_400_000);
  expect(hits(counts, 'a')).toBe(1);
});

test('a flood of new keys frees none that asked often, and counts others too high by its share at most', () => {
  const most = 10;
  const counts = new RequestCounts(most);
  for (let i = 0; i < 500; i++) counts.increment('often');
  const flood = 2000;
  for (let i = 0; i < flood; i++) counts.increment(`new-${i}`);
  expect(hits(counts, 'often')).toBe(501);
  const total = 501 + flood;
  expect(hits(counts, 'innocent')).toBeLessThanOrEqual(total / most + 1);
});

test('counts are exact while the keys fit, in whatever order they come', () => {
  const counts = new RequestCounts(50);
  const expected = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const key = `k${(i * i + 7 * i) % 50}`;
    expected.set(key, (expected.get(key) ?? 0) + 1);
    expect(hits(counts, key)).toBe(expected.get(key));
  }
});
