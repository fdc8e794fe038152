import { pino } from 'pino';
import { integer } from '../src/base/options/option.js';
import { ShortlistError } from '../src/errors.js';
import { readRatings } from '../src/learn/ratings/read-ratings.js';
import { generateSynthetic, type SyntheticData } from '../src/learn/ratings/synthetic-ratings.js';
import { readConfig } from '../src/serve/config.js';
import { startService } from '../src/serve/service.js';
import { buildSnapshot } from '../src/snapshot/build.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main, type Options } from './command/command.js';
import { numberFlag, text, texts } from './command/flag-values.js';
import { itemsFlags, itemsFrom } from './command/items-flags.js';
import { createProgress } from './command/progress.js';
import { readerFlags, TABLES } from './command/reader-flags.js';
import { readingLines } from './command/reading-lines.js';
import { buildOptions, snapshotFlags } from './command/snapshot-flags.js';
import { SUMMARIES } from './command/summaries.js';

const flags = {
  ratings: { value: 'FILE...', help: `ratings to use instead of made-up ones: ${TABLES}`, schema: texts().optional() },
  ...itemsFlags,
  port: numberFlag(integer({ meaning: 'port to serve on', min: 0, max: 65_535, default: '3000, or a free one' })),
  ...snapshotFlags,
  snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/demo') },
  ...readerFlags,
};

await main({
  name: 'demo',
  summary: SUMMARIES.demo,
  flags,
  examples: ['', '--ratings ratings.csv --items movies.csv --port 8080'],
  async run(given, { onInterrupt }) {
    const options = buildOptions(given);
    const store = new SnapshotStore(given.snapshots);
    await store.checkWritable();
    const progress = createProgress();
    const reading = progress.stage(given.ratings ? 'read' : 'make up ratings');
    const notes: string[] = [];
    const { table, catalogue } = await inputOf(given, line => void notes.push(line));
    const skipped = table.rejected > 0 ? `; ${table.rejected} bad rows skipped` : '';
    reading.end(
      `${table.users.length} ratings of ${table.itemIds.length} items by ${table.userIds.length} users${skipped}`,
    );
    for (const line of [...readingLines(table), ...notes]) progress.note(line);
    await buildSnapshot(store, table, { ...options, items: catalogue, progress });

    const server = await serveAt(given.port, given.snapshots);
    onInterrupt(() => server.close());
    const user = encodeURIComponent(table.userIds[0] ?? '');
    const item = encodeURIComponent(table.itemIds[0] ?? '');
    process.stdout.write(
      [
        '',
        'Paste this into a browser:',
        '',
        `  ${server.url}/v1/users/${user}/recommendations`,
        '',
        `Somebody new:   ${server.url}/v1/users/somebody-new/recommendations`,
        `Similar items:  ${server.url}/v1/items/${item}/similar`,
        `All of the API: ${server.url}/docs`,
        '',
        `Its snapshot is in ${store.directory}. Ctrl-C ends it.`,
        '',
      ].join('\n'),
    );
    // Serves until a signal ends the process.
    await new Promise<never>(() => {});
  },
});

async function inputOf(given: Options<typeof flags>, note: (line: string) => void): Promise<SyntheticData> {
  if (given.ratings) {
    const table = await readRatings(given.ratings, given);
    return { table, catalogue: await itemsFrom(given, note) };
  }
  if (given.items === undefined) return generateSynthetic();
  throw new ShortlistError('invalid-option', '--items needs --ratings: made-up ratings come with items of their own.');
}

/** Serves on the wanted port; where none was named, on the usual one or, if that is taken, on a free one. */
async function serveAt(port: number | undefined, snapshots: string) {
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const at = (wanted: number) =>
    startService(readConfig({ ...process.env, SNAPSHOTS: snapshots, PORT: String(wanted) }), logger);
  if (port !== undefined) return at(port);
  try {
    return await at(readConfig(process.env).PORT);
  } catch (error) {
    if (error instanceof ShortlistError && error.code === 'port-in-use') return at(0);
    throw error;
  }
}
