import { afterEach, expect, test, vi } from 'vitest';
import type { SourceKind } from '../../src/retrieve/candidate-source.js';
import { sourcesFrom } from '../../src/snapshot/source-choice.js';

afterEach(() => {
  vi.doUnmock('hnswlib-node');
  vi.resetModules();
});

test('all sources are there to choose from, or those that are wanted', async () => {
  expect(await sourcesFrom(undefined, expect.fail)).toEqual(['exact', 'clusters', 'hnsw']);
  expect(await sourcesFrom(['clusters'], expect.fail)).toEqual(['clusters']);
});

test.each([[[]], [['faiss' as SourceKind, 'exact' as const]]])('refuses %j', async wanted => {
  await expect(sourcesFrom(wanted, expect.fail)).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringMatching(/^`sources` must be one or more of exact, clusters, hnsw, got /),
  });
});

test('without hnswlib-node the default is all but hnsw, which is said; who wants hnsw is refused', async () => {
  vi.resetModules();
  vi.doMock('hnswlib-node', () => {
    throw new Error('Cannot find package');
  });
  const fresh = await import('../../src/snapshot/source-choice.js');
  const notes: string[] = [];
  expect(await fresh.sourcesFrom(undefined, line => notes.push(line))).toEqual(['exact', 'clusters']);
  expect(notes).toEqual([expect.stringContaining('hnswlib-node is not installed')]);
  await expect(fresh.sourcesFrom(['hnsw'], expect.fail)).rejects.toMatchObject({ code: 'hnsw-unavailable' });
});
