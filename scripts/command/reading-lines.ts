import type { FileReading } from '../../src/base/tables/file-reading.js';
import type { CatalogueMatch } from '../../src/learn/ratings/catalogue-match.js';
import type { RatingsTable } from '../../src/learn/ratings/ratings-table.js';

/** Files of one kind that are listed one by one. */
const SHOWN_FILES = 5;

/** What was read, in a few lines: each file with its columns and rows, the ranges, and whatever is odd. */
export function readingLines(table: RatingsTable): string[] {
  const { reading, userIds, itemIds, users, notes = [] } = table;
  if (reading === undefined) return [...notes];
  const { files, values, times, remarks } = reading;
  const facts = [
    `${count(users.length)} interactions of ${count(userIds.length)} users with ${count(itemIds.length)} items`,
    ...(values ? [`values ${values.min} to ${values.max}`] : []),
    ...(times ? [`times ${times.first.slice(0, 10)} to ${times.last.slice(0, 10)}`] : []),
  ];
  const more = files.slice(SHOWN_FILES);
  const rows = more.reduce((sum, { good }) => sum + good, 0);
  return [
    ...files.slice(0, SHOWN_FILES).map(fileLine),
    ...(more.length > 0 ? [`  … and ${more.length} more files with ${count(rows)} rows`] : []),
    `  ${facts.join('; ')}`,
    ...[...remarks.map(({ text }) => text), ...notes].map(text => `  note: ${text}`),
  ];
}

/** How the items file and the ratings match, in a line or two. */
export function matchLines({ items, rated, shared, warning }: CatalogueMatch): string[] {
  return [
    `  ${count(shared)} of ${count(rated)} rated items are in the items file, which has ${count(items)}`,
    ...(warning ? [`  note: ${warning}`] : []),
  ];
}

function fileLine({ file, format, columns, lines, header, blank, continued, good, bad }: FileReading): string {
  const taken = Object.entries(columns).map(([role, name]) => `${role} "${name.trim()}"`);
  const parts = [
    [header, 'header'],
    [blank, 'blank'],
    [continued, 'continued'],
    [good, 'read'],
    [bad, 'bad'],
  ] as const;
  const sum = parts.filter(([number]) => number > 0).map(([number, name]) => `${count(number)} ${name}`);
  return `  ${file}: ${format}, ${count(lines)} lines (${sum.join(', ')}); ${taken.join(', ')}`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
