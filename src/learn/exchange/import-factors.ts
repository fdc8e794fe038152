import { ShortlistError } from '../../errors.js';
import { type Dataset, datasetFromCoordinates } from '../dataset/dataset.js';
import { IdMap, type ItemIndex, type UserIndex } from '../dataset/id-map.js';
import type { RatingsTable } from '../ratings/ratings-table.js';
import type { TrainedFactors } from '../training/trained-factors.js';
import { checkShapes, checkValues } from './checks.js';
import type { FactorTable, Side } from './factor-table.js';
import { type IdFile, readIdFile, rowIds } from './ids.js';
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
 * @param note called with a line on what was assumed, and on what is odd but no reason to stop
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

/** What the ratings name that has no factors. */
export interface Outside {
  readonly ratings: number;
  readonly users: number;
  readonly items: number;
}

/**
 * The users and items of the factors with those ratings whose user and item both have factors; without a table, with
 * none.
 * @throws ShortlistError `ids-mismatched` when no rating is left
 */
export function knownRatings(
  { users, items }: Pick<ImportedFactors, 'users' | 'items'>,
  table?: RatingsTable,
): { dataset: Dataset; outside: Outside } {
  const userOf = table?.userIds.map(id => users.indexOf(id)) ?? [];
  const itemOf = table?.itemIds.map(id => items.indexOf(id)) ?? [];
  const kept: number[] = [];
  table?.users.forEach((user, row) => {
    if (userOf[user] !== undefined && itemOf[table.items[row] ?? -1] !== undefined) kept.push(row);
  });
  const total = table?.users.length ?? 0;
  const outside = {
    ratings: total - kept.length,
    users: userOf.filter(index => index === undefined).length,
    items: itemOf.filter(index => index === undefined).length,
  };
  if (table && kept.length === 0) {
    throw new ShortlistError(
      'ids-mismatched',
      `None of the ${total} ratings is of a user and an item with factors. The ids of the ratings are like ` +
        `"${table.userIds[0]}" and "${table.itemIds[0]}", those of the factors like "${users.ids[0]}" and ` +
        `"${items.ids[0]}". Map them with \`userIds\` and \`itemIds\`.`,
      { ...outside },
    );
  }
  const timestamps = table?.timestamps;
  const dataset = datasetFromCoordinates(users, items, {
    users: Uint32Array.from(kept, row => userOf[table?.users[row] ?? -1] ?? 0),
    items: Uint32Array.from(kept, row => itemOf[table?.items[row] ?? -1] ?? 0),
    values: Float32Array.from(kept, row => table?.values[row] ?? 1),
    timestamps: timestamps ? Float64Array.from(kept, row => timestamps[row] ?? 0) : null,
    rated: table?.rated ?? false,
    ...(table?.valueKind ? { valueKind: table.valueKind } : {}),
  });
  return { dataset, outside };
}
