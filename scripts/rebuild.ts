import { ShortlistError } from '../src/errors.js';
import { catalogueMatch } from '../src/learn/ratings/catalogue-match.js';
import type { RatingsTable } from '../src/learn/ratings/ratings-table.js';
import { readRatings } from '../src/learn/ratings/read-ratings.js';
import { ALS_OPTIONS } from '../src/learn/training/als-options.js';
import type { TrainingChoice } from '../src/learn/training/train.js';
import type { KnownFactors } from '../src/learn/training/warm-start.js';
import { buildSnapshot } from '../src/snapshot/build.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { earlierFactors } from '../src/snapshot/warm-start.js';
import { main } from './command/command.js';
import { onOff, texts } from './command/flag-values.js';
import { itemsFlags, itemsFrom } from './command/items-flags.js';
import { createProgress } from './command/progress.js';
import { readerFlags, TABLES } from './command/reader-flags.js';
import { matchLines, readingLines } from './command/reading-lines.js';
import { buildOptions, snapshotFlags } from './command/snapshot-flags.js';
import { printSummary, summaryOf } from './command/snapshot-summary.js';
import { SUMMARIES } from './command/summaries.js';

await main({
  name: 'rebuild',
  summary: SUMMARIES.rebuild,
  flags: {
    ratings: { value: 'FILE...', help: `ratings: ${TABLES}`, schema: texts() },
    ...itemsFlags,
    ...snapshotFlags,
    warmStart: {
      help: 'als: begin with the factors of the current snapshot, by id, so that fewer --iterations are enough',
      schema: onOff(),
    },
    ...readerFlags,
  },
  examples: [
    '--ratings ratings.csv --items movies.csv',
    '--ratings jan.csv.gz feb.csv.gz --factors 128 --snapshots data/snapshots --json',
  ],
  async run(flags) {
    const started = performance.now();
    const options = buildOptions(flags);
    const store = new SnapshotStore(flags.snapshots);
    await store.checkWritable();
    const progress = createProgress();
    const warmStart = flags.warmStart ? await earlierModel(store, options.training, progress.note) : undefined;
    const reading = progress.stage('read');
    const table = await readRatings(flags.ratings, flags);
    const notes: string[] = [];
    const catalogue = await itemsFrom(flags, line => void notes.push(line));
    const left = `${repeatsOf(table)}, ${table.rejected} bad rows skipped`;
    const read = reading.end(`${table.users.length} ratings; ${left}`);
    const match = flags.items === undefined ? undefined : catalogueMatch(table.itemIds, catalogue);
    for (const line of [...readingLines(table), ...notes, ...(match ? matchLines(match) : [])]) progress.note(line);
    const manifest = await buildSnapshot(store, table, { ...options, items: catalogue, warmStart, progress });
    const summary = await summaryOf(manifest, store, { read, total: (performance.now() - started) / 1000 });
    return { ...summary, reading: { ...table.reading, ...(match && { catalogue: match }) } };
  },
  print: printSummary,
});

/** What became of rows of the same user and item. */
function repeatsOf({ duplicates, repeats }: RatingsTable): string {
  return repeats === 'sum' || repeats === 'count'
    ? `${duplicates} repeats ${repeats === 'sum' ? 'added up' : 'counted'}`
    : `${duplicates} duplicates dropped`;
}

/** @throws {ShortlistError} `invalid-option` where the trainer takes no earlier factors */
async function earlierModel(
  store: SnapshotStore,
  { algorithm, options }: TrainingChoice,
  note: (line: string) => void,
): Promise<KnownFactors | undefined> {
  if (algorithm === 'als') return earlierFactors(store, options.factors ?? ALS_OPTIONS.factors.default, note);
  throw new ShortlistError('invalid-option', `--warm-start has no meaning for --algorithm ${algorithm}`, { algorithm });
}
