import { writeFileSync } from 'node:fs';
import { csvField } from '../../src/base/tables/text-line.js';
import type { CatalogueItem, RatingsTable } from '../../src/learn/ratings/ratings-table.js';

/** Writes ratings as `userId,itemId[,rating][,timestamp]`, in the order of the table. */
export function writeRatingsCsv(path: string, table: RatingsTable): void {
  const { userIds, itemIds, users, items, values, timestamps, rated } = table;
  const header = ['userId', 'itemId', ...(rated ? ['rating'] : []), ...(timestamps ? ['timestamp'] : [])];
  const rows = Array.from(users, (user, row) => [
    csvField(userIds[user]!),
    csvField(itemIds[items[row]!]!),
    ...(rated ? [values[row]] : []),
    ...(timestamps ? [timestamps[row]] : []),
  ]);
  writeRows(path, [header, ...rows]);
}

/** Writes a catalogue as `itemId,title,categories`, categories separated by `|`. */
export function writeItemsCsv(path: string, catalogue: readonly CatalogueItem[]): void {
  const rows = catalogue.map(({ itemId, title = '', categories }) =>
    [itemId, title, categories.join('|')].map(csvField),
  );
  writeRows(path, [['itemId', 'title', 'categories'], ...rows]);
}

function writeRows(path: string, rows: readonly (readonly unknown[])[]): void {
  writeFileSync(path, `${rows.map(row => row.join(',')).join('\n')}\n`);
}
