import { ShortlistError } from '../src/errors.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main } from './command/command.js';
import { text } from './command/flag-values.js';
import { SUMMARIES } from './command/summaries.js';

await main({
  name: 'rollback',
  summary: `${SUMMARIES.rollback} A running service switches to it.`,
  flags: {
    snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/snapshots') },
    to: {
      value: 'ID',
      help: 'snapshot to go back to (default: the one before the current one)',
      schema: text().optional(),
    },
  },
  examples: ['--snapshots data/snapshots'],
  async run({ snapshots, to }) {
    const store = new SnapshotStore(snapshots);
    const previous = await store.current();
    if (previous === undefined) {
      throw new ShortlistError(
        'no-snapshot',
        `No snapshot is the current one in ${snapshots}: there is nothing to go back from.`,
        { directory: snapshots },
      );
    }
    const snapshot = await store.earlier(previous, to);
    const { directory } = await store.open(snapshot);
    await store.makeCurrent(snapshot);
    return { snapshot, previous, path: directory };
  },
  print: ({ snapshot, previous }) => `${snapshot} is the current snapshot, it was ${previous}`,
});
