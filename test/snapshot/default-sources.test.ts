import { afterEach, expect, test, vi } from 'vitest';
import { defaultSources } from '../../src/snapshot/default-sources.js';

afterEach(() => {
  vi.doUnmock('hnswlib-node');
  vi.resetModules();
});

test('all sources are there to choose from', async () => {
  const notes: string[] = [];
  expect(await defaultSources(line => notes.push(line))).toEqual(['exact', 'clusters', 'hnsw']);
  expect(notes).toEqual([]);
});

test('without hnswlib-node all but hnsw are, and this is said', async () => {
  vi.resetModules();
  vi.doMock('hnswlib-node', () => {
    throw new Error('Cannot find package');
  });
  const fresh = await import('../../src/snapshot/default-sources.js');
  const notes: string[] = [];
  expect(await fresh.defaultSources(line => notes.push(line))).toEqual(['exact', 'clusters']);
  expect(notes).toEqual([expect.stringContaining('hnswlib-node is not installed')]);
});
