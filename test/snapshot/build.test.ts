import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { rowOf } from '../../src/base/numeric/matrix.js';
import { rowIndices } from '../../src/base/numeric/sparse.js';
import { createDataset } from '../../src/learn/dataset/dataset.js';
import type { UserIndex } from '../../src/learn/dataset/id-map.js';
import { gramOf } from '../../src/learn/model/fold-in.js';
import { RANKER_NAMES, rankPopularity } from '../../src/learn/model/popularity.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import type { BuildProgress } from '../../src/snapshot/publish-factors.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { availableSources, openSource } from '../../src/snapshot/sources.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { newDirectory } from '../support/scratch-directory.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

describe('buildSnapshot', () => {
  let store: SnapshotStore;
  let snapshot: Snapshot;

  beforeAll(async () => {
    ({ store } = await buildSmallSnapshot());
    snapshot = await loadNewestSnapshot(store, message => expect.fail(message));
  });

  test('keeps every interaction under its own ids, though items are renumbered', () => {
    const dataset = createDataset(smallData.table);
    expect(snapshot.users.ids).toEqual(dataset.users.ids);
    expect([...snapshot.items.ids].sort()).toEqual([...dataset.items.ids].sort());
    for (const [user, id] of dataset.users.ids.entries()) {
      const seen = Array.from(rowIndices(snapshot.seen, user), item => snapshot.items.ids[item]!);
      const rated = Array.from(rowIndices(dataset.byUser, user), item => dataset.items.ids[item]!);
      expect(seen.sort(), id).toEqual(rated.sort());
    }
  });

  test('moves factors, popularity and catalogue along with their items', () => {
    const dataset = createDataset(smallData.table);
    const before = rankPopularity(dataset);
    for (const name of RANKER_NAMES) {
      dataset.items.ids.forEach((id, item) => {
        const moved = snapshot.items.indexOf(id)!;
        expect(snapshot.popularity[name].scores[moved]).toBeCloseTo(before[name].scores[item]!, 4);
      });
    }
    for (const { itemId, title } of smallData.catalogue) {
      const item = snapshot.items.indexOf(itemId);
      if (item !== undefined) expect(snapshot.catalogue.titleOf(item)).toBe(title);
    }
    expect(snapshot.gram).toEqual(gramOf(snapshot.itemFactors));
    // What a user has rated scores higher than the rest, which it would not if rows and ids had parted.
    let better = 0;
    for (let user = 0; user < snapshot.users.size; user++) {
      const vector = rowOf(snapshot.userFactors, user);
      const seen = new Set(rowIndices(snapshot.seen, user));
      const means = [true, false].map(rated => {
        const items = snapshot.items.ids.map((_, item) => item).filter(item => seen.has(item) === rated);
        const sum = items.reduce(
          (total, item) => total + rowOf(snapshot.itemFactors, item).reduce((s, q, f) => s + q * vector[f]!, 0),
          0,
        );
        return sum / items.length;
      });
      if (means[0]! > means[1]!) better++;
    }
    expect(better).toBe(snapshot.users.size);
  });

  test('numbers the items cell by cell', () => {
    const { starts, centroids } = snapshot.cells;
    expect(starts[0]).toBe(0);
    expect(starts.at(-1)).toBe(snapshot.items.size);
    expect(starts).toHaveLength(centroids.rows + 1);
  });

  test('every source of the loaded snapshot gives the exact answer when asked to', async () => {
    expect(availableSources(snapshot)).toEqual(['exact', 'clusters', 'hnsw']);
    const sources = await Promise.all(availableSources(snapshot).map(kind => openSource(snapshot, kind)));
    for (let user = 0; user < 20; user++) {
      const query = rowOf(snapshot.userFactors, user as UserIndex);
      const [exact, ...others] = sources.map(source => source.search(query, 10, { effort: 'exact' }));
      for (const other of others) {
        expect(other.items).toEqual(exact!.items);
        expect(other.scores).toEqual(exact!.scores);
        expect(other.certified).toBe(true);
      }
    }
  });

  test('the same ratings and seed give the same bytes', async () => {
    const again = await buildSmallSnapshot();
    const hashes = ({ files }: { files: Record<string, unknown> }) => files;
    expect(hashes(again.manifest)).toEqual(hashes(snapshot.manifest));
  });

  test('finds out before the training what would stop it afterwards', async () => {
    const stages: string[] = [];
    const progress: BuildProgress = {
      stage(name) {
        stages.push(name);
        return { update() {}, end: () => 0 };
      },
      note() {},
    };
    await expect(buildSmallSnapshot({ sources: [], progress })).rejects.toMatchObject({ code: 'invalid-option' });
    const file = join(newDirectory(), 'file');
    await writeFile(file, '');
    const unwritable = new SnapshotStore(join(file, 'below'));
    await expect(buildSmallSnapshot({ progress }, smallData, unwritable)).rejects.toMatchObject({
      code: 'snapshot-unwritable',
    });
    expect(stages).toEqual([]);
  });

  test('a damaged snapshot is passed over for the one before it, and named', async () => {
    const { store: damagedStore, manifest: first } = await buildSmallSnapshot({ sources: ['exact'] });
    const older = await damagedStore.open(first.id);
    const path = join(damagedStore.directory, first.id, 'item-factors.f32');
    const bytes = await readFile(path);
    bytes[100]! ^= 1;
    const warnings: string[] = [];
    await writeFile(path, bytes);
    await expect(loadNewestSnapshot(damagedStore, message => warnings.push(message))).rejects.toMatchObject({
      code: 'no-snapshot',
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('item-factors.f32');
    expect(older.items.size).toBe(300);
  });

  test('refuses a manifest of another format, or that is no manifest', async () => {
    const { store: other, manifest } = await buildSmallSnapshot({ sources: ['exact'] });
    const path = join(other.directory, manifest.id, 'manifest.json');
    for (const [content, why] of [
      [JSON.stringify({ ...manifest, formatVersion: 99 }), /written by another version of Shortlist: it has format 99/],
      [JSON.stringify({ ...manifest, dataset: undefined }), /dataset/],
      ['{', /cannot be read/],
    ] as const) {
      await writeFile(path, content);
      await expect(other.open(manifest.id)).rejects.toThrow(why);
    }
  });

  test('explicit training gives predicted ratings as scores', async () => {
    const { store: explicit } = await buildSmallSnapshot({
      training: { algorithm: 'sgd', options: { factors: 8, iterations: 10 } },
      sources: ['exact', 'clusters'],
    });
    const loaded = await loadNewestSnapshot(explicit, message => expect.fail(message));
    expect(loaded.manifest.objective).toMatchObject({ algorithm: 'sgd' });
    expect(loaded.itemFactors.columns).toBe(10);
    const exact = await openSource(loaded, 'exact');
    const { scores } = exact.search(rowOf(loaded.userFactors, 0), 300);
    expect(scores.every(score => score > 0 && score < 6)).toBe(true);
  });
});
