import { createMatrix, rowOf } from '../src/base/numeric/matrix.js';
import { exportFactors, exportFormatOf } from '../src/learn/exchange/export-factors.js';
import type { ExportedModel } from '../src/learn/exchange/factor-table.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import type { Snapshot } from '../src/snapshot/snapshot.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main } from './command/command.js';
import { text } from './command/flag-values.js';
import { createProgress } from './command/progress.js';
import { SUMMARIES } from './command/summaries.js';

await main({
  name: 'export',
  summary:
    `${SUMMARIES.export} A .npz file for NumPy (user_factors, item_factors, user_ids, item_ids) or, to a directory, the ` +
    'Parquet folders userFactors and itemFactors (id, features). The dot product of two rows is the ' +
    'score. The import command reads either.',
  flags: {
    snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/snapshots') },
    out: { value: 'PATH', help: 'file ending in .npz, or a new directory for Parquet', schema: text() },
  },
  examples: ['--snapshots data/snapshots --out data/factors.npz', '--snapshots data/snapshots --out data/factors'],
  async run({ snapshots, out }) {
    exportFormatOf(out);
    const progress = createProgress();
    const snapshot = await loadNewestSnapshot(new SnapshotStore(snapshots), progress.note);
    const { users, userFactors, manifest } = snapshot;
    const { itemIds, itemFactors } = trainedItems(snapshot);
    const writing = progress.stage('write');
    await exportFactors(out, { userIds: users.ids, itemIds, userFactors, itemFactors });
    writing.end();
    return { snapshot: manifest.id, users: users.size, items: itemIds.length, factors: itemFactors.columns, path: out };
  },
  print: ({ snapshot, users, items, factors, path }) =>
    `Snapshot ${snapshot}: ${users} users and ${items} items with ${factors} factors written to ${path}`,
});

/** All items but those without ratings: their vectors are no more than what the catalogue says. */
function trainedItems({ items, itemFactors, coldItems }: Snapshot): Pick<ExportedModel, 'itemIds' | 'itemFactors'> {
  if (coldItems.length === 0) return { itemIds: items.ids, itemFactors };
  const isCold = new Set(coldItems);
  const trained = Array.from(items.ids.keys()).filter(item => !isCold.has(item));
  const factors = createMatrix(trained.length, itemFactors.columns);
  trained.forEach((item, row) => {
    rowOf(factors, row).set(rowOf(itemFactors, item));
  });
  return { itemIds: trained.map(item => items.ids[item]!), itemFactors: factors };
}
