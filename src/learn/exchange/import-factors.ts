import { IdMap, type ItemIndex, type UserIndex } from '../dataset/id-map.js';
import type { TrainedFactors } from '../training/trained-factors.js';
import { checkShapes } from './checks.js';
import type { FactorTable, Side } from './factor-table.js';
import { checkValues } from './factor-values.js';
import { type IdFile, readIdFile } from './id-file.js';
import { rowIds } from './ids.js';
import { readFactors } from './read-factors.js';

/** Where the factors and their ids are: paths. */
export interface FactorFiles {
  readonly userFactors: string;
  readonly itemFactors: string;
  readonly userIds?: string | undefined;
  readonly itemIds?: string | undefined;
}

/** Factors that were trained elsewhere, checked, and whose they are. */
export interface ImportedFactors extends TrainedFactors {
  readonly users: IdMap<UserIndex>;
  readonly items: IdMap<ItemIndex>;
}

/**
 * Reads factors and ids, and checks that they can be served.
 * @param note is told what was assumed, and what is odd but no reason to stop
 * @throws ShortlistError as `readFactors`, and `factors-transposed`, `factors-mismatched`, `factors-zero`,
 *   `non-finite-factors`, `ids-mismatched`, `duplicate-ids`
 */
export async function importFactors(files: FactorFiles, note: (line: string) => void): Promise<ImportedFactors> {
  const users = await readFactors(files.userFactors, 'user');
  const items = await readFactors(files.itemFactors, 'item');
  checkShapes(users, items);
  const idsOf = async (table: FactorTable, side: Side, path: string | undefined) => {
    const map = path === undefined ? undefined : await readIdFile(path);
    const ids = rowIds(table, side, map);
    const zeroRows = checkValues(table);
    note(`${table.factors.rows} ${side}s with ${table.factors.columns} factors; ids are ${originOf(table, map)}.`);
    if (zeroRows > 0) note(`${zeroRows} of ${ids.length} ${side}s have vectors of zeros and score 0 with everything.`);
    return ids;
  };
  const userIds = new IdMap<UserIndex>(await idsOf(users, 'user', files.userIds));
  const itemIds = new IdMap<ItemIndex>(await idsOf(items, 'item', files.itemIds));
  return { userFactors: users.factors, itemFactors: items.factors, users: userIds, items: itemIds };
}

function originOf({ name, ids }: FactorTable, map: IdFile | undefined): string {
  if (map) return `those of ${map.name}`;
  return ids ? `those in ${name}` : `row numbers from 0, since ${name} has none`;
}
