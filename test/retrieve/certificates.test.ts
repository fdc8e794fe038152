import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createRandom } from '../../src/base/numeric/random.js';
import type { CandidateSource, Effort } from '../../src/retrieve/candidate-source.js';
import { createClusterSource } from '../../src/retrieve/clusters.js';
import { createCosineSource } from '../../src/retrieve/cosine.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';
import { plainCosine, plainScore, plainSearch } from '../support/plain-search.js';
import { awkwardCatalogue, randomCells } from '../support/sample-catalogues.js';

/** Ten thousand catalogues share one arena, each giving its memory back. */
const arena = Arena.create();

test('on 10,000 awkward catalogues no certificate is wrong, no eligible item missing and no order broken', () => {
  fc.assert(
    fc.property(fc.integer(), seed => {
      const random = createRandom(seed);
      const mark = arena.mark();
      const { items, query } = awkwardCatalogue(arena, random);
      const cells = randomCells(items, random);
      const mask = new ItemMask(arena, items.rows);
      const share = [0, 0, 0.1, 0.9, 0.999, 1][random.below(6)]!;
      for (let item = 0; item < items.rows; item++) if (random.uniform() < share) mask.exclude(item);
      const k = [0, 1, 10, items.rows, items.rows + 5][random.below(5)]!;

      const checkSource = (source: CandidateSource, score: typeof plainScore, efforts: Effort[]): void => {
        const expected = plainSearch(items, query, k, item => mask.has(item), score);
        for (const effort of efforts) {
          const found = source.search(query, k, { mask, effort });
          const isRight = found.certified
            ? isSame(found.items, expected.items) && isSame(found.scores, expected.scores)
            : effort !== 'exact' && found.items.length === expected.items.length;
          // Compared by hand first: a hundred thousand calls of `expect` would take longer than the searches.
          if (!isRight) expect({ kind: source.kind, effort, ...found }).toEqual({ certified: true, ...expected });
        }
      };
      checkSource(createExactSource(arena, items), plainScore, ['exact']);
      checkSource(createClusterSource(arena, items, cells), plainScore, ['exact', 1, 3]);
      checkSource(createCosineSource(arena, items, cells), plainCosine, ['exact', 1, 3]);
      arena.release(mark);
    }),
    { seed: 1, numRuns: 10_000 },
  );
});

function isSame(a: ArrayLike<number>, b: readonly number[]): boolean {
  return a.length === b.length && b.every((value, i) => value === a[i]);
}
