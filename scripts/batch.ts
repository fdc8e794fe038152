import { linesOf } from '../src/base/tables/lines.js';
import { ShortlistError } from '../src/errors.js';
import { recommendForAll } from '../src/recommend/batch.js';
import { openRecommender } from '../src/recommend/open-recommender.js';
import { REQUEST_OPTIONS } from '../src/recommend/request-options.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { formatOf, writeBatch } from './batch/lists-file.js';
import { main } from './command/command.js';
import { numberFlag, text } from './command/flag-values.js';
import { createProgress } from './command/progress.js';
import { SUMMARIES } from './command/summaries.js';

await main({
  name: 'batch',
  summary: SUMMARIES.batch,
  flags: {
    snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/snapshots') },
    k: numberFlag({ ...REQUEST_OPTIONS.limit, meaning: 'items per user' }),
    out: { value: 'FILE', help: 'file to write, ending in .parquet, .csv or .jsonl', schema: text() },
    users: { value: 'FILE', help: 'text file of user ids, one a line (default: all users)', schema: text().optional() },
  },
  examples: ['--snapshots data/snapshots --k 10 --out data/top10.parquet'],
  async run({ snapshots, k, out, users }) {
    formatOf(out);
    const progress = createProgress();
    const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), progress.note);
    const recommender = await openRecommender(snapshot, progress.note);
    const ids = users === undefined ? snapshot.users.ids : await readUserIds(users);
    const stage = progress.stage('recommend', ids.length);
    const started = performance.now();
    const written = await writeBatch(out, recommendForAll(recommender, ids, k), done => stage.update(done));
    const seconds = (performance.now() - started) / 1000;
    stage.end(`${written} users`);
    return { users: written, k, seconds, usersPerSecond: written / seconds, path: out };
  },
  print: result =>
    `${result.users} users x ${result.k} items in ${result.seconds.toFixed(1)} s ` +
    `(${Math.round(result.usersPerSecond)} users/s) written to ${result.path}`,
});

/** Each id once. @throws ShortlistError `file-unreadable`, `file-empty` */
async function readUserIds(path: string): Promise<string[]> {
  const ids = new Set<string>();
  for await (const line of linesOf(path)) if (line !== '') ids.add(line);
  if (ids.size > 0) return [...ids];
  throw new ShortlistError(
    'file-empty',
    `--users: ${path} has no user ids. Give a text file with one user id a line.`,
    { file: path },
  );
}
