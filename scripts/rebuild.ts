import { buildSnapshot } from '../src/build.js';
import { readItems } from '../src/ratings/read-items.js';
import { readRatings } from '../src/ratings/read-ratings.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main } from './command.js';
import { text, texts } from './flag-values.js';
import { createProgress } from './progress.js';
import { readerFlags, readerOptions } from './reader-flags.js';
import { buildOptions, snapshotFlags } from './snapshot-flags.js';
import { printSummary, summaryOf } from './snapshot-summary.js';

await main({
  name: 'rebuild',
  summary:
    'Trains on ratings files, builds and tunes the candidate sources, and publishes the result as the current snapshot.',
  flags: {
    ratings: { value: 'FILE...', help: 'ratings: CSV, TSV, MovieLens, Parquet; may be gzipped', schema: texts() },
    items: { value: 'FILE', help: 'titles and categories of the items, such as movies.csv', schema: text().optional() },
    ...snapshotFlags,
    ...readerFlags,
  },
  examples: [
    'npm run rebuild -- --ratings ratings.csv --items movies.csv',
    'npm run rebuild -- --ratings jan.csv.gz feb.csv.gz --factors 128 --snapshots data/snapshots --json',
  ],
  async run(flags) {
    const started = performance.now();
    const options = buildOptions(flags);
    const store = new SnapshotStore(flags.snapshots);
    await store.checkWritable();
    const progress = createProgress();
    const reading = progress.stage('read');
    const table = await readRatings(flags.ratings, readerOptions(flags));
    const catalogue = flags.items === undefined ? [] : await readItems(flags.items, { skipBadRows: flags.skipBadRows });
    const left = `${table.duplicates} duplicates dropped, ${table.rejected} bad rows skipped`;
    const read = reading.end(`${table.users.length} ratings; ${left}`);
    const manifest = await buildSnapshot(store, table, catalogue, options, progress);
    return summaryOf(manifest, store, { read, total: (performance.now() - started) / 1000 });
  },
  print: printSummary,
});
