import { expect, test } from 'vitest';
import { compareLatencies } from '../../src/retrieve/latency.js';

test('every contender answers every request once a round, each round begun by another one', async () => {
  const calls: string[] = [];
  const answer = (name: string) => (request: number) => calls.push(name + request);
  const rounds: number[] = [];
  expect(await compareLatencies([answer('a'), answer('b')], 2, 3, round => rounds.push(round))).toHaveLength(2);
  expect(calls.join(' ')).toBe('a0 a1 b0 b1 b0 b1 a0 a1 a0 a1 b0 b1');
  expect(rounds).toEqual([0, 1, 2]);
});

test('rounds begin far from each other where there are many contenders', async () => {
  const begun: number[] = [];
  let asked = 0;
  const contenders = Array.from({ length: 10 }, (_, c) => () => {
    if (asked++ % 10 === 0) begun.push(c);
    return 1;
  });
  await compareLatencies(contenders, 1, 3);
  expect(begun).toEqual([0, 3, 6]);
});

test('of each contender the figures of its calmest round count', async () => {
  // Hundred requests of 1 … 100 microseconds; the first round takes one contender three times as long.
  let round = 0;
  const steady = (request: number) => request + 1;
  const disturbed = (request: number) => (request + 1) * (round === 0 ? 3 : 1);
  const calm = { p50us: 50, p95us: 95, p99us: 99, qps: 1e6 / 50.5 };
  expect(await compareLatencies([steady, disturbed], 100, 2, number => (round = number))).toEqual([calm, calm]);
});
