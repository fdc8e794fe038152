import { expect, test } from 'vitest';
import { Arena } from '../../../src/base/kernels/arena.js';
import { SharedSpace } from '../../../src/base/kernels/shared-space.js';

test('each finds what it left, whoever was there in between, and those that never come back are forgotten', () => {
  const arena = Arena.create();
  const space = new SharedSpace(arena, 64);
  const bytes = () => new Uint8Array(arena.memory.buffer, space.address, 64);
  const first = space.tenant(64);
  const second = space.tenant(16);
  first();
  bytes().fill(1);
  second();
  bytes().fill(2, 0, 16);
  // Who comes again at once finds all in its place.
  second();
  expect([...bytes().subarray(0, 16)]).toEqual(Array(16).fill(2));
  first();
  expect([...bytes()]).toEqual(Array(64).fill(1));
  space.tenant(64)();
  bytes().fill(3);
  second();
  expect([...bytes().subarray(0, 16)]).toEqual(Array(16).fill(2));
  first();
  expect([...bytes()]).toEqual(Array(64).fill(1));
});
