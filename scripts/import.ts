import { importFactors, knownRatings } from '../src/learn/exchange/import-factors.js';
import { readRatings } from '../src/learn/ratings/read-ratings.js';
import { datasetFacts } from '../src/snapshot/build.js';
import { publishFactors } from '../src/snapshot/publish-factors.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main } from './command/command.js';
import { text, texts } from './command/flag-values.js';
import { itemsFlags, itemsFrom } from './command/items-flags.js';
import { objectiveFlags, objectiveFrom } from './command/objective-flags.js';
import { createProgress } from './command/progress.js';
import { readerFlags } from './command/reader-flags.js';
import { publishFlags, publishOptions, seedFlag } from './command/snapshot-flags.js';
import { printSummary, summaryOf } from './command/snapshot-summary.js';
import { SUMMARIES } from './command/summaries.js';

const FACTORS = '.npy, .npz, CSV, Parquet file or folder (Spark ALS)';
const IDS =
  'line n, from 0, is the id of row n, or of number n in the id column; or .csv with number and id ' +
  '(default: the id column, or row numbers)';

await main({
  name: 'import',
  summary: `${SUMMARIES.import} A row is a user or an item; rows of files without ids have their number, from 0, as id.`,
  flags: {
    userFactors: { value: 'FILE', help: `factors of the users: ${FACTORS}`, schema: text() },
    itemFactors: { value: 'FILE', help: 'factors of the items; may be the same .npz or model folder', schema: text() },
    userIds: { value: 'FILE', help: `ids of the users: ${IDS}`, schema: text().optional() },
    itemIds: { value: 'FILE', help: 'ids of the items, likewise', schema: text().optional() },
    ratings: {
      value: 'FILE...',
      help: 'what users have seen, and what is popular (default: nothing)',
      schema: texts().optional(),
    },
    ...itemsFlags,
    ...publishFlags,
    ...objectiveFlags,
    ...seedFlag,
    ...readerFlags,
  },
  examples: [
    '--user-factors model.npz --item-factors model.npz --item-ids items.txt --ratings ratings.csv',
    '--user-factors als-model --item-factors als-model --user-ids users.csv --item-ids items.csv',
  ],
  async run(flags) {
    const started = performance.now();
    const store = new SnapshotStore(flags.snapshots);
    await store.checkWritable();
    const progress = createProgress();
    const reading = progress.stage('read');
    const notes: string[] = [];
    const note = (line: string) => void notes.push(line);
    const factors = await importFactors(flags, note);
    const table = flags.ratings && (await readRatings(flags.ratings, flags));
    const catalogue = await itemsFrom(flags, note);
    const { dataset, outside } = knownRatings(factors, table);
    const { ratings, users, items } = outside;
    if (ratings > 0) {
      note(`${ratings} ratings are left out: ${users} users and ${items} items of the ratings have no factors.`);
    }
    if (!table) note('Without --ratings nothing counts as seen, and all items are equally popular.');
    const read = reading.end(`${dataset.users.size} users, ${dataset.items.size} items`);
    for (const line of [...notes, ...(table?.notes ?? [])]) progress.note(line);

    const objective = objectiveFrom(flags, dataset);
    const parameters = { algorithm: 'import', userFactors: flags.userFactors, itemFactors: flags.itemFactors };
    const facts = datasetFacts(dataset, table ?? { duplicates: 0, rejected: 0 });
    const { userFactors, itemFactors } = factors;
    const model = {
      userFactors,
      itemFactors,
      dataset,
      catalogue,
      parameters,
      objective,
      facts,
      averageUser: null,
      loss: null,
      seconds: {},
    };
    const manifest = await publishFactors(store, model, publishOptions(flags), progress);
    const total = (performance.now() - started) / 1000;
    return { ...(await summaryOf(manifest, store, { read, total })), outside, notes };
  },
  print: printSummary,
});
