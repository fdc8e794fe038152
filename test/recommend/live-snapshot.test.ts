import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { messageOf } from '../../src/errors.js';
import { LiveSnapshot, type LiveSnapshotOptions, type SnapshotChange } from '../../src/recommend/live-snapshot.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { newDirectory } from '../support/scratch-directory.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const userId = smallData.table.userIds[0]!;
const request = { userId, limit: 5 };

let store: SnapshotStore;
let first: string;
let second: string;
beforeAll(async () => {
  const built = await buildSmallSnapshot({ sources: ['clusters'] });
  store = built.store;
  first = built.manifest.id;
  second = (await buildSmallSnapshot({ sources: ['exact'], seed: 2 }, smallData, store)).manifest.id;
});

const opened: LiveSnapshot[] = [];
afterEach(async () => {
  for (const live of opened.splice(0)) live.close();
  await store.makeCurrent(second);
});

async function open(options: Partial<LiveSnapshotOptions> = {}): Promise<LiveSnapshot> {
  const live = await LiveSnapshot.open({ store, warn: message => expect.fail(message), ...options });
  opened.push(live);
  return live;
}

/** The next call of a callback. */
function nextCall<T>(): { promise: Promise<T>; callback: (value: T) => void } {
  let callback: (value: T) => void = () => {};
  const promise = new Promise<T>(resolve => {
    callback = resolve;
  });
  return { promise, callback: value => callback(value) };
}

/** Has a snapshot damaged while something happens. */
async function whileDamaged<T>(id: string, act: () => Promise<T>): Promise<T> {
  const path = join(store.directory, id, 'user-factors.f32');
  const bytes = await readFile(path);
  await writeFile(
    path,
    bytes.map((byte, i) => (i === 64 ? byte ^ 1 : byte)),
  );
  try {
    return await act();
  } finally {
    await writeFile(path, bytes);
  }
}

describe('LiveSnapshot', () => {
  test('answers from the newest good snapshot, and says which it passed over', async () => {
    const live = await open();
    expect(live.recommender.recommend(request)).toMatchObject({ snapshot: second, retrieval: { source: 'exact' } });
    const warnings: string[] = [];
    const older = await whileDamaged(second, () => open({ warn: message => void warnings.push(message) }));
    expect(older.recommender.manifest.id).toBe(first);
    expect(warnings).toEqual([expect.stringMatching(`^Snapshot ${second} is passed over.`)]);
  });

  test('is not ready until it has loaded, and without a snapshot never is', async () => {
    const live = new LiveSnapshot({ store });
    expect(live.isReady).toBe(false);
    expect(() => live.recommender).toThrow('No snapshot is loaded yet');
    await expect(live.reload()).rejects.toMatchObject({ code: 'not-ready' });
    await expect(live.rollback()).rejects.toMatchObject({ code: 'not-ready' });
    expect(await live.load()).toBe(live.recommender);
    expect(live.isReady).toBe(true);
    const empty = new SnapshotStore(newDirectory());
    await expect(LiveSnapshot.open({ store: empty })).rejects.toMatchObject({ code: 'no-snapshot' });
  });

  test('rolls back and reloads; one that was read before goes on answering from its own', async () => {
    const changes: SnapshotChange[] = [];
    const live = await open({ onChange: change => void changes.push(change) });
    const before = live.recommender;
    const reply = before.recommend(request);
    expect(await live.rollback()).toEqual({ snapshot: first, previous: second });
    expect(await store.current()).toBe(first);
    expect(live.recommender.recommend(request).snapshot).toBe(first);
    expect(before.recommend(request)).toEqual(reply);
    await store.makeCurrent(second);
    expect(await live.reload()).toEqual({ snapshot: second, previous: first });
    expect(await live.reload()).toEqual({ snapshot: second, previous: second });
    expect(changes).toEqual([
      { snapshot: first, previous: second },
      { snapshot: second, previous: first },
    ]);
  });

  test('refuses what is damaged: the old one answers, and the store keeps its current one', async () => {
    const live = await open();
    await whileDamaged(first, () => expect(live.rollback()).rejects.toMatchObject({ code: 'snapshot-damaged' }));
    expect([live.recommender.manifest.id, await store.current()]).toEqual([second, second]);
  });

  test('a snapshot that proved good is not refused later because the store could not be written', async () => {
    const live = await open();
    const failure = vi.spyOn(store, 'makeCurrent').mockRejectedValueOnce(new Error('disk full'));
    await expect(live.rollback()).rejects.toThrow('disk full');
    failure.mockRestore();
    expect(live.recommender.manifest.id).toBe(second);
    live.watch(1);
    await store.makeCurrent(first);
    await expect.poll(() => live.recommender.manifest.id, { timeout: 20_000 }).toBe(first);
  });

  test('reads new lists for what answers, though the current snapshot was refused', async () => {
    const precomputed = join(newDirectory(), 'lists.jsonl');
    await writeFile(precomputed, '');
    const change = nextCall<SnapshotChange>();
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const refuse = (error: unknown) => expect.fail(messageOf(error));
    const live = await open({ precomputed, warn, onRefused: refuse, onChange: change.callback });
    await whileDamaged(first, async () => {
      await store.makeCurrent(first);
      await expect(live.reload()).rejects.toMatchObject({ code: 'snapshot-damaged' });
      const list = { userId, rank: 1, itemId: smallData.table.itemIds[0], score: 1, source: 'model', certified: true };
      await writeFile(precomputed, JSON.stringify({ ...list, snapshot: second }));
      live.watch(1);
      expect(await change.promise).toEqual({ snapshot: second, previous: second });
    });
    expect(live.recommender.recommend({ userId, limit: 1 }).retrieval.source).toBe('precomputed');
    expect(warnings).toEqual([expect.stringContaining('it is empty')]);
  });

  test.each([0, -1, 0.5, Number.NaN, Infinity, 2 ** 31])('watching every %d ms is refused', async intervalMs => {
    expect(() => new LiveSnapshot({ store }).watch(intervalMs)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining('`intervalMs` must be') }),
    );
  });

  test('takes in what users did since', async () => {
    const unseen = (await open()).recommender.recommend(request).items[0]!.itemId;
    const events = {
      of: (id: string) => (id === userId ? [{ userId, itemId: unseen, value: 5, timestamp: 0 }] : undefined),
      append: async () => {},
      close() {},
    };
    const live = await open({ events });
    expect(live.events).toBe(events);
    const reply = live.recommender.recommend(request);
    expect(reply).toMatchObject({ source: 'fold-in', reason: 'events' });
    expect(reply.items.map(({ itemId }) => itemId)).not.toContain(unseen);
  });

  test('watching switches to what becomes current, and refuses once what is damaged', async () => {
    const change = nextCall<SnapshotChange>();
    const refusal = nextCall<unknown>();
    let refusals = 0;
    const live = await open({
      onChange: change.callback,
      onRefused(error) {
        refusals++;
        refusal.callback(error);
      },
    });
    live.watch(1);
    await whileDamaged(first, async () => {
      await store.makeCurrent(first);
      expect(await refusal.promise).toMatchObject({ code: 'snapshot-damaged' });
    });
    expect(live.recommender.manifest.id).toBe(second);
    // Asked for, it is tried again.
    expect(await live.reload()).toEqual({ snapshot: first, previous: second });
    await store.makeCurrent(second);
    await expect.poll(() => live.recommender.manifest.id, { timeout: 20_000 }).toBe(second);
    expect(await change.promise).toEqual({ snapshot: first, previous: second });
    expect(refusals).toBe(1);
  });

  test('watching tells once what is wrong with `current` or the name of a snapshot, and keeps what answers', async () => {
    const refusals: unknown[] = [];
    const live = await open({
      onChange: ({ snapshot }) => expect.fail(`changed to ${snapshot}`),
      onRefused: error => void refusals.push(messageOf(error)),
    });
    const looked = vi.spyOn(store, 'current');
    const lookMore = () => {
      const { length } = looked.mock.calls;
      return expect.poll(() => looked.mock.calls.length, { timeout: 20_000 }).toBeGreaterThan(length + 5);
    };
    live.watch(1);
    const aside = join(store.directory, 'aside');
    await writeFile(aside, '../elsewhere');
    await rename(aside, join(store.directory, 'current'));
    await lookMore();
    const copy = `2099${second.slice(4)}`;
    await cp(join(store.directory, second), join(store.directory, copy), { recursive: true });
    await store.makeCurrent(copy);
    await lookMore();
    expect(refusals).toEqual([
      expect.stringContaining('names no snapshot'),
      expect.stringContaining(`it is of snapshot ${second}`),
    ]);
    expect(live.recommender.manifest.id).toBe(second);
    looked.mockRestore();
    await rm(join(store.directory, copy), { recursive: true });
  });

  test('watching loads the first snapshot where there was none', async () => {
    const empty = new SnapshotStore(newDirectory());
    const live = new LiveSnapshot({ store: empty });
    opened.push(live);
    live.watch(1);
    const { manifest } = await buildSmallSnapshot({ sources: ['exact'] }, smallData, empty);
    await expect.poll(() => live.isReady, { timeout: 20_000 }).toBe(true);
    expect(live.recommender.manifest.id).toBe(manifest.id);
  });
});
