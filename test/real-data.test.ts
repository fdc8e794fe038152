import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowOf } from '../src/base/numeric/matrix.js';
import { rowIndices } from '../src/base/numeric/sparse.js';
import type { UserIndex } from '../src/learn/dataset/id-map.js';
import { MAX_FOLDED } from '../src/learn/model/fold-in.js';
import { openRecommender } from '../src/recommend/open-recommender.js';
import { UserVectors } from '../src/recommend/user-vectors.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { runScript } from './support/run-script.js';

const MOVIELENS = '../shared/data/ml-latest-small';
const ratings = join(MOVIELENS, 'ratings.csv');

describe.skipIf(!existsSync(ratings))('MovieLens latest small (skipped where the data are not there)', () => {
  test('user 1 gets the ten films that a slow, obvious computation gives, with titles', async () => {
    const snapshots = mkdtempSync(join(tmpdir(), 'shortlist-movielens-'));
    const items = join(MOVIELENS, 'movies.csv');
    const flags = ['--factors', '32', '--iterations', '8', '--sources', 'exact,clusters'];
    const { code, stdout } = await runScript('rebuild', [
      ...['--ratings', ratings, '--items', items, '--snapshots', snapshots, '--json'],
      ...flags,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ users: 610, items: 9724, ratings: 100_836, duplicates: 0 });

    const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), message => expect.fail(message));
    const recommender = await openRecommender(snapshot, message => expect.fail(message));
    const user = snapshot.users.indexOf('1')!;
    const seen = new Set(rowIndices(snapshot.seen, user));
    const vector = rowOf(snapshot.userFactors, user);
    const slowly = snapshot.items.ids
      .map((itemId, item) => {
        const score = rowOf(snapshot.itemFactors, item).reduce((sum, q, f) => sum + q * vector[f]!, 0);
        return { itemId, item, score };
      })
      .filter(({ item }) => !seen.has(item))
      .sort((a, b) => b.score - a.score)
      .slice(0, 10);
    const reply = recommender.recommend({ userId: '1', limit: 10 });
    expect(reply.source).toBe('model');
    expect(reply.items.map(item => item.itemId)).toEqual(slowly.map(({ itemId }) => itemId));
    expect(reply.items.every(item => item.title)).toBe(true);

    // Everybody's own history, folded in, gives about the trained vector; longest histories are thinned out.
    const vectors = new UserVectors(snapshot);
    snapshot.users.ids.forEach((_, known) => {
      const history = vectors.historyOf({ user: known as UserIndex, newInteractions: [] });
      const folded = vectors.foldIn.vectorOf(history)!;
      const trained = rowOf(snapshot.userFactors, known);
      const dot = folded.reduce((sum, value, f) => sum + value * trained[f]!, 0);
      const cosine = dot / (Math.hypot(...folded) * Math.hypot(...trained));
      expect(cosine).toBeGreaterThan(history.length < MAX_FOLDED ? 0.99 : 0.95);
    });
    expect(recommender.similar('260', 5).items.map(item => item.title)).toEqual(
      expect.arrayContaining([expect.stringContaining('Empire Strikes Back'), expect.stringContaining('Jedi')]),
    );
  });

  test('the defaults recommend clearly better than popularity', async () => {
    const args = ['--ratings', ratings, '--split', 'leave-last-out', '--k', '10', '--json'];
    const { stdout } = await runScript('evaluate', args);
    const { metrics, popularity } = JSON.parse(stdout);
    expect(metrics['recall@10']).toBeGreaterThanOrEqual(1.9 * popularity['recall@10']);
    expect(metrics['ndcg@10']).toBeGreaterThanOrEqual(1.9 * popularity['ndcg@10']);
  });
});
