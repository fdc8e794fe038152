import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latestRows } from '../../../src/learn/ratings/duplicate-rows.js';

test('keeps what a map from pair to best row keeps', () => {
  const row = fc.record({ user: fc.nat(3), item: fc.nat(3), time: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.boolean(), (rows, timed) => {
      const best = new Map<string, number>();
      rows.forEach(({ user, item, time }, index) => {
        const rival = best.get(`${user} ${item}`);
        if (rival === undefined || !timed || time >= (rows[rival]?.time ?? 0)) best.set(`${user} ${item}`, index);
      });
      const users = Uint32Array.from(rows, r => r.user);
      const items = Uint32Array.from(rows, r => r.item);
      const times = timed ? Float64Array.from(rows, r => r.time) : null;
      expect([...latestRows(users, items, times, 4, 4)]).toEqual([...best.values()].sort((a, b) => a - b));
    }),
    { seed: 1, numRuns: 300 },
  );
});
