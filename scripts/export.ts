import { exportFactors, exportFormatOf } from '../src/exchange/export-factors.js';
import { loadNewestSnapshot } from '../src/snapshot/snapshot.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main } from './command.js';
import { text } from './flag-values.js';
import { createProgress } from './progress.js';

await main({
  name: 'export',
  summary:
    'Writes the factors and ids of the current snapshot for other programs: a .npz file for NumPy (user_factors, ' +
    'item_factors, user_ids, item_ids) or, to a directory, the Parquet folders userFactors and itemFactors (id, features). ' +
    'The dot product of two rows is the score. The import command reads either.',
  flags: {
    snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/snapshots') },
    out: { value: 'PATH', help: 'file ending in .npz, or a new directory for Parquet', schema: text() },
  },
  examples: [
    'npm run export -- --snapshots data/snapshots --out data/factors.npz',
    'npm run export -- --snapshots data/snapshots --out data/factors',
  ],
  async run({ snapshots, out }) {
    exportFormatOf(out);
    const progress = createProgress();
    const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), progress.note);
    const { users, items, userFactors, itemFactors, manifest } = snapshot;
    const writing = progress.stage('write');
    await exportFactors(out, { userIds: users.ids, itemIds: items.ids, userFactors, itemFactors });
    writing.end();
    return { snapshot: manifest.id, users: users.size, items: items.size, factors: itemFactors.columns, path: out };
  },
  print: ({ snapshot, users, items, factors, path }) =>
    `Snapshot ${snapshot}: ${users} users and ${items} items with ${factors} factors written to ${path}`,
});
