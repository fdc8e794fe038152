import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PackedStrings } from '../../../src/base/numeric/packed-strings.js';
import { IdMap, type ItemIndex } from '../../../src/learn/dataset/id-map.js';

/** Short texts of few letters, so that parts of them occur in each other; halves of surrogate pairs among them. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '€', '\ud83d', '\udca5'), maxLength: 6 });

test('packed strings come back as they were, and are found by a part as in the plain list', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), text, fc.nat(30), fc.nat(40), (strings, part, from, to) => {
      const packed = new PackedStrings(PackedStrings.of(strings).data);
      expect(strings.map((_, i) => packed.at(i))).toEqual(strings);
      expect(strings.map((_, i) => packed.is(i, part))).toEqual(strings.map(one => one === part));
      const start = Math.min(from, strings.length);
      const end = Math.min(Math.max(start, to), strings.length);
      const containing = strings.flatMap((one, i) => (i >= start && i < end && one.includes(part) ? [i] : []));
      expect(packed.indicesContaining(part, start, end)).toEqual(containing);
      expect(packed.indicesContaining(part, start, end, 2)).toEqual(containing.slice(0, 2));
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test('an id map finds exactly its ids, in whichever thread its memory is', () => {
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 60 }), fc.array(text, { maxLength: 10 }), (ids, others) => {
      const made = new IdMap<ItemIndex>(ids);
      for (const map of [made, new IdMap<ItemIndex>(structuredClone(made.data))]) {
        expect(map.size).toBe(ids.length);
        for (const id of [...ids, ...others]) {
          const index = ids.indexOf(id);
          expect(map.indexOf(id)).toBe(index < 0 ? undefined : index);
        }
        expect(ids.map((_, i) => map.idOf(i as ItemIndex))).toEqual(ids);
        expect(map.ids).toEqual(ids);
      }
    }),
    { seed: 1, numRuns: 1000 },
  );
});
