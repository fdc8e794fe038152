import { setImmediate as loopTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/serve/http/turns.js';

test('in one turn of the event loop one part of one long request is done, and the first to come is finished first', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const long = async (name: string, parts: number) => {
    const nextTurn = turns.forRequest(() => false);
    for (let part = 1; part <= parts; part++) {
      await nextTurn();
      log.push(`${name}${part}`);
    }
  };
  const all = Promise.all([long('a', 3), long('b', 2)]);
  const lengths: number[] = [];
  for (let i = 0; i < 8; i++) {
    lengths.push(log.length);
    await loopTurn();
  }
  await all;
  expect(log).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  expect(Math.max(...lengths.map((length, i) => length - (lengths[i - 1] ?? 0)))).toBe(1);
});

test('one that is over stops', async () => {
  await expect(new Turns().forRequest(() => true)()).rejects.toMatchObject({ code: 'deadline-exceeded' });
});

test('of too many at once the last are refused, and those under way are not', async () => {
  const turns = new Turns();
  const requests = Array.from({ length: 17 }, () => turns.forRequest(() => false));
  const results = await Promise.allSettled(requests.map(next => next().then(next)));
  expect(results.map(({ status }) => status)).toEqual([...Array(16).fill('fulfilled'), 'rejected']);
  expect(results[16]).toMatchObject({ reason: { code: 'overloaded' } });
});
