import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { Answer, BLOCK_ROWS, searchKeyBytes } from '../../../src/base/kernels/layout.js';

const arena = Arena.create();

test('a search stays within searchKeyBytes and answers in the words of Answer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.nat({ max: 300 }), (k, more) => {
      const mark = arena.mark();
      const count = k + more;
      // Each row scores higher than all before it, so that every one is a key to keep.
      const rows = arena.matrix(count, 4);
      for (let row = 0; row < count; row++) rows.data[row * 4] = 1 + row;
      const query = arena.float32(4);
      query[0] = 1;
      const blocks = Math.ceil(count / BLOCK_ROWS);
      const order = arena.uint32(blocks);
      order.set(order.map((_, block) => block));
      const norms = arena.float32(blocks).fill(Number.POSITIVE_INFINITY);
      const answer = arena.uint32(Answer.items + 2 * k);
      const keys = arena.uint8(searchKeyBytes(k) + 64).fill(7);
      arena.kernels.searchAll(
        query.byteOffset,
        rows.data.byteOffset,
        count,
        4,
        0,
        0,
        order.byteOffset,
        norms.byteOffset,
        0,
        k,
        keys.byteOffset,
        answer.byteOffset,
      );
      expect([...keys.subarray(searchKeyBytes(k))]).toEqual(new Array(64).fill(7));
      expect([answer[Answer.count], answer[Answer.certified], answer[Answer.scanned]]).toEqual([k, 1, count]);
      expect(answer[Answer.probed]).toBe(0);
      expect(answer[Answer.items]).toBe(count - 1);
      arena.release(mark);
    }),
    { seed: 1, numRuns: 100 },
  );
});
