import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matrixFromRows } from '../../../src/base/numeric/matrix.js';
import { type NpySource, readNpyFactors, readNpyIds } from '../../../src/learn/exchange/npy.js';
import { npyBytes, npyMatrix } from '../../support/factor-bytes.js';

/** A source that sends its bytes in chunks of the given size. */
function sourceOf(bytes: Buffer, chunk = 100): NpySource {
  return {
    name: 'x.npy',
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
}

const ROWS = [
  [1, 2, 3, 4, 5],
  [6, 7, 8, 9, -0.5],
];
const FACTORS = matrixFromRows(ROWS);

describe('factors in .npy', () => {
  test.each([1, 2, 3] as const)('are read from version %d of the format', async version => {
    const bytes = npyBytes({ version, shape: [2, 5], values: Float32Array.from(ROWS.flat()) });
    expect(await readNpyFactors(sourceOf(bytes))).toEqual(FACTORS);
  });

  test('of float64 are rounded to float32', async () => {
    const values = Float64Array.from([0.1, 1e-3, Math.PI, 4]);
    const bytes = npyBytes({ descr: '<f8', shape: [2, 2], values });
    const { data } = await readNpyFactors(sourceOf(bytes));
    expect([...data]).toEqual([0.1, 1e-3, 0, 0, Math.PI, 4, 0, 0].map(Math.fround));
  });

  test('of any shape come in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 9 })
          .chain(columns =>
            fc.array(fc.array(fc.float({ noNaN: true }), { minLength: columns, maxLength: columns }), { minLength: 1 }),
          ),
        fc.integer({ min: 1, max: 300 }),
        async (rows, chunk) => {
          expect(await readNpyFactors(sourceOf(npyMatrix(rows), chunk))).toEqual(matrixFromRows(rows));
        },
      ),
      { seed: 1, numRuns: 40 },
    );
  });

  test('are read in blocks that do not divide the rows', async () => {
    const columns = 3;
    const values = Float32Array.from({ length: 200_000 * columns }, (_, i) => i);
    const { rows, stride, data } = await readNpyFactors(
      sourceOf(npyBytes({ shape: [200_000, columns], values }), 65_536),
    );
    expect({ rows, stride }).toEqual({ rows: 200_000, stride: 4 });
    for (const row of [0, 87_380, 87_381, 87_382, 199_999]) {
      expect([...data.subarray(row * 4, row * 4 + 4)]).toEqual([3 * row, 3 * row + 1, 3 * row + 2, 0]);
    }
  });

  const values = Float32Array.from(ROWS.flat());
  const whole = npyMatrix(ROWS);
  test.each<[string, Buffer, string, RegExp]>([
    ['Fortran order', npyBytes({ fortran: true, shape: [2, 5], values }), 'factors-unsupported', /ascontiguousarray/],
    ['a pickle', npyBytes({ descr: '|O', shape: [2, 5], values }), 'factors-unsupported', /pickle/],
    ['half precision', npyBytes({ descr: '<f2', shape: [2, 5], values }), 'factors-unsupported', /<f2.*float32/],
    ['big-endian numbers', npyBytes({ descr: '>f4', shape: [2, 5], values }), 'factors-unsupported', />f4/],
    ['whole numbers', npyBytes({ descr: '<i4', shape: [2, 5], values }), 'factors-unsupported', /<i4/],
    ['one dimension', npyBytes({ shape: [10], values }), 'factors-unsupported', /two dimensions/],
    ['three dimensions', npyBytes({ shape: [1, 2, 5], values }), 'factors-unsupported', /two dimensions/],
    ['no rows', npyBytes({ shape: [0, 5], values: new Float32Array(0) }), 'file-empty', /0 rows/],
    ['values cut short', whole.subarray(0, -4), 'file-unreadable', /40 bytes of values and it has 36/],
    ['more values than told', Buffer.concat([whole, Buffer.alloc(4)]), 'file-unreadable', /something else/],
    ['a header cut short', whole.subarray(0, 40), 'file-unreadable', /within its header/],
    ['a shape that no memory holds', npyBytes({ shape: [1e12, 64], values }), 'file-unreadable', /cut short/],
    ['a negative shape', npyBytes({ shape: [-2, 5], values }), 'file-unreadable', /makes no sense/],
    [
      'version 9',
      Buffer.concat([whole.subarray(0, 6), Buffer.of(9), whole.subarray(7)]),
      'file-unreadable',
      /version 9/,
    ],
    ['another kind of file', Buffer.from('userId,itemId'), 'file-unreadable', /numpy\.save/],
  ])('are refused for %s', async (_, bytes, code, message) => {
    await expect(readNpyFactors(sourceOf(bytes))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('ids in .npy', () => {
  const utf32 = (texts: readonly string[], width: number) =>
    Uint32Array.from(texts.flatMap(text => [...text.padEnd(width, '\0')].map(character => character.codePointAt(0)!)));

  test('are texts of any characters', async () => {
    const ids = ['a', 'Zoë 😀'.slice(0, 5), '01', ''];
    const width = 5;
    const values = Uint32Array.from(
      ids.flatMap(id => {
        const points = Array.from(id, character => character.codePointAt(0)!);
        return [...points, ...new Array<number>(width - points.length).fill(0)];
      }),
    );
    expect(await readNpyIds(sourceOf(npyBytes({ descr: '<U5', shape: [4], values })))).toEqual(ids);
  });

  test.each([
    ['<i4', Int32Array.of(-1, 7)],
    ['<i8', BigInt64Array.of(-1n, 7n)],
    ['|i1', Int8Array.of(-1, 7)],
    ['<i2', Int16Array.of(-1, 7)],
  ])('are whole numbers of type %s', async (descr, values) => {
    expect(await readNpyIds(sourceOf(npyBytes({ descr, shape: [2], values })))).toEqual(['-1', '7']);
  });

  test.each([
    ['<u8', BigUint64Array.of(18446744073709551615n), '18446744073709551615'],
    ['<u4', Uint32Array.of(4294967295), '4294967295'],
    ['<u2', Uint16Array.of(65535), '65535'],
    ['|u1', Uint8Array.of(255), '255'],
  ])('keep the largest number of type %s', async (descr, values, id) => {
    expect(await readNpyIds(sourceOf(npyBytes({ descr, shape: [1], values })))).toEqual([id]);
  });

  test.each<[string, Buffer, string]>([
    ['fractions', npyBytes({ descr: '<f4', shape: [1], values: Float32Array.of(1) }), 'factors-unsupported'],
    ['a table', npyBytes({ descr: '<U1', shape: [1, 2], values: utf32(['a', 'b'], 1) }), 'file-unreadable'],
    ['no character', npyBytes({ descr: '<U1', shape: [1], values: Uint32Array.of(0x110000) }), 'file-unreadable'],
  ])('are refused for %s', async (_, bytes, code) => {
    await expect(readNpyIds(sourceOf(bytes))).rejects.toMatchObject({ code });
  });
});
