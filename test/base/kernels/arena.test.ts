import { expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { createMatrix, matrixFromRows } from '../../../src/base/numeric/matrix.js';
import { ShortlistError } from '../../../src/errors.js';

test('hands out zeroed arrays on cache lines of their own', () => {
  const arena = Arena.create();
  const mark = arena.mark();
  arena.uint8(100).fill(255);
  arena.release(mark);
  const arrays = [arena.float32(3), arena.uint32(5), arena.uint8(65), arena.float32(1)];
  expect(arrays.map(array => [...array].every(value => value === 0))).toEqual([true, true, true, true]);
  expect(arrays.map(array => array.byteOffset % 64)).toEqual([0, 0, 0, 0]);
  expect(arrays.map(array => array.byteOffset - arrays[0]!.byteOffset)).toEqual([0, 64, 128, 256]);
});

test('keeps arrays valid when the memory grows', () => {
  const arena = Arena.create();
  const early = arena.float32(4);
  early[2] = 7;
  arena.float32(10_000_000);
  const late = new Float32Array(arena.memory.buffer, early.byteOffset, 4);
  late[3] = 8;
  expect([...early]).toEqual([0, 0, 7, 8]);
});

test('gives back everything since a mark', () => {
  const arena = Arena.create();
  arena.uint32(10);
  const { used } = arena;
  const mark = arena.mark();
  const first = arena.uint32(1000);
  arena.release(mark);
  expect(arena.used).toBe(used);
  expect(arena.uint32(1).byteOffset).toBe(first.byteOffset);
});

test('places a matrix once: one that is in the arena stays where it is, also after growth', () => {
  const arena = Arena.create();
  const outside = matrixFromRows([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const placed = arena.place(outside);
  expect({ ...placed, data: [...placed.data] }).toEqual({ ...outside, data: [1, 2, 3, 0, 4, 5, 6, 0] });
  arena.float32(10_000_000);
  expect(arena.place(placed)).toBe(placed);
  expect(Arena.create().place(placed)).not.toBe(placed);
});

test('lets an attached arena compute on the same memory and allocate only in its region', () => {
  const arena = Arena.create();
  const vectors = arena.place(createMatrix(2, 4, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
  const { byteOffset } = vectors.data;
  const region = { address: arena.reserve(256), bytes: 256 };
  const attached = Arena.attach(arena.memory, region);
  expect(attached.kernels.dot(byteOffset, byteOffset + 16, 4)).toBe(70);
  expect(attached.reserve(256)).toBe(region.address);
  expect(() => attached.reserve(1)).toThrow(ShortlistError);
  expect(() => Arena.attach(arena.memory).float32(1)).toThrow(ShortlistError);
});

test('says how much it lacks when a memory cannot hold what is asked for', () => {
  expect(() => Arena.create().float32(2 ** 30)).toThrow(
    expect.objectContaining({
      code: 'out-of-memory',
      message: expect.stringContaining('needs 4096 MiB more beside the 0 MiB it has'),
    }),
  );
});
