import type { Arena } from '../../base/kernels/arena.js';
import type { Matrix } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';
import type { CheckAnswer } from '../../retrieve/measure-search.js';
import type { SearchWorkload } from '../../retrieve/search-workload.js';

/**
 * Computes every score again and holds the answer against all that a candidate source promises: the number of items,
 * none of them twice or masked, their scores and order, and an exact answer where one is certified.
 * @param items the item vectors, in the arena
 * @returns throws ShortlistError 'incorrect-answer'
 */
export function answerCheck(arena: Arena, items: Matrix, workload: SearchWorkload): CheckAnswer {
  const { data, stride } = items;
  const query = arena.float32(stride);
  return (found, source, effort, n) => {
    const truth = workload.truth(n);
    const wrong = (what: string) =>
      new ShortlistError(
        'incorrect-answer',
        `${source.kind} with effort ${effort} answered request ${n} with ${what}; its times mean nothing. This is a bug.`,
        { source: source.kind, effort, request: n },
      );
    if (found.items.length !== truth.items.length) {
      throw wrong(`${found.items.length} items instead of ${truth.items.length}`);
    }
    if (new Set(found.items).size !== found.items.length) throw wrong('an item twice');
    const mask = workload.mask(n);
    query.set(workload.query(n));
    for (let i = 0; i < found.items.length; i++) {
      const item = found.items[i]!;
      const score = arena.kernels.dot(query.byteOffset, data.byteOffset + item * stride * 4, stride);
      if (mask.has(item)) throw wrong(`item ${item}, which is masked`);
      if (found.scores[i] !== score) throw wrong(`the score ${found.scores[i]} for item ${item} instead of ${score}`);
      if (i > 0 && found.scores[i - 1]! < score) throw wrong('items out of order');
      if (found.certified && item !== truth.items[i]) throw wrong(`a certificate, but item ${item} in place ${i + 1}`);
    }
  };
}
