import { columnsLike } from '../../base/tables/column-names.js';
import type { DuckDbSession } from '../../base/tables/duckdb.js';
import { ID_CHANGE } from '../../base/tables/field-values.js';
import type { FileReading } from '../../base/tables/file-reading.js';
import { placeOf } from '../../base/tables/row-place.js';
import type { RatingsReading, Remark } from './ratings-reading.js';
import { FAR, SHARE_OF_MISTAKES } from './value-kind.js';

/** Fewer values have no usual size. */
const LEAST_TO_COMPARE = 10;
const YEAR_1990 = Date.UTC(1990) / 1000;
/** Clocks differ, and a date without time may be a day ahead in another part of the world. */
const AHEAD_SECONDS = 86_400;

/** Looks through the view `usable`, as `ratingProjection` makes it, once its times are settled. */
export async function readingOf(
  session: DuckDbSession,
  files: readonly FileReading[],
  isOrderKnown: boolean,
): Promise<RatingsReading> {
  const taken = (role: 'rating' | 'quantity' | 'timestamp') => files.some(({ columns }) => columns[role] !== undefined);
  const values = taken('rating') || taken('quantity') ? await valuesOf(session) : undefined;
  const times = taken('timestamp') ? await timesOf(session) : undefined;
  const word = taken('rating') ? 'rating' : 'quantity';
  return {
    files,
    values: values ? { min: values.min, max: values.max, zeros: values.zeros, negative: values.negative } : null,
    times: times ? { first: isoTime(times.first), last: isoTime(times.last) } : null,
    remarks: [
      ...(await changedIdRemarks(session)),
      ...(values ? valueRemarks(values, word, files) : []),
      ...(times ? timeRemarks(times, isOrderKnown) : []),
      ...unusedRemarks(files),
    ],
  };
}

async function changedIdRemarks(session: DuckDbSession): Promise<Remark[]> {
  const rows = await session.rows('SELECT id_change, count(*) FROM usable WHERE id_change <> 0 GROUP BY id_change');
  const counts = new Map(rows.map(([change, count]) => [change, Number(count)]));
  const blanks = counts.get(ID_CHANGE.BLANKS) ?? 0;
  const decimals = counts.get(ID_CHANGE.DECIMAL) ?? 0;
  return [
    ...(blanks > 0 ? [remark('blanks-removed', `Blanks around ids were removed in ${rowsOf(blanks)}.`)] : []),
    ...(decimals > 0 ? [remark('decimal-ids', `Ids such as "1.0" were taken as "1" in ${rowsOf(decimals)}.`)] : []),
  ];
}

interface Values {
  readonly rows: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  readonly negative: number;
  /** Values that are far from all others: the smallest of them, how many, where the first stands, the next below. */
  readonly far:
    | { readonly value: number; readonly rows: number; readonly position: number; readonly next: number }
    | undefined;
}

async function valuesOf(session: DuckDbSession): Promise<Values | undefined> {
  const [sums = []] = await session.rows(`SELECT count(*), min(rating), max(rating), count(*) FILTER (rating = 0),
    count(*) FILTER (rating < 0), avg(abs(rating)) FROM usable`);
  const [rows = 0, min = 0, max = 0, zeros = 0, negative = 0, mean = 0] = sums.map(Number);
  if (rows === 0) return undefined;
  // With so many values of usual size, a far one is several times the mean: most data need no search.
  const mayBeFar = rows >= LEAST_TO_COMPARE && mean < (2 / FAR) * Math.max(max, -min);
  const far = mayBeFar ? await farValue(session, rows) : undefined;
  return { rows, min, max, zeros, negative, far };
}

async function farValue(session: DuckDbSession, rows: number): Promise<Values['far']> {
  const [gap] = await session.rows(`WITH counted AS (
      SELECT rating, count(*)::DOUBLE AS n, min(position) AS position FROM usable GROUP BY rating
    ) SELECT rating, above, position, next FROM (
      SELECT rating, position, abs(rating) AS size, lag(abs(rating)) OVER (ORDER BY abs(rating)) AS next,
        sum(n) OVER (ORDER BY abs(rating) DESC) AS above FROM counted)
    WHERE size > ${FAR} * next AND next > 0 AND above <= ceil(${SHARE_OF_MISTAKES} * ${rows}) ORDER BY size LIMIT 1`);
  if (gap === undefined) return undefined;
  const [value = 0, above = 0, position = 0, next = 0] = gap.map(Number);
  return { value, rows: above, position, next };
}

function valueRemarks(values: Values, word: 'rating' | 'quantity', files: readonly FileReading[]): Remark[] {
  const { rows, min, max, far } = values;
  const many = word === 'rating' ? 'ratings' : 'quantities';
  const remarks: Remark[] = [];
  const add = (kind: Remark['kind'], text: string) => remarks.push(remark(kind, text));
  if (word === 'rating' && min === max && rows > 1) {
    add('equal-values', `All ratings are ${max}, so that they tell no more than who met what.`);
  }
  if (far) {
    const { file, line } = placeOf(files, far.position);
    const which = far.rows === 1 ? `A ${word} is` : `${countOf(far.rows, many)} are`;
    add('far-value', `${which} far from all others: ${far.value} (${file}, line ${line}), the next is ${far.next}.`);
  }
  return remarks;
}

interface Times {
  readonly rows: number;
  /** In seconds since 1970. */
  readonly first: number;
  readonly last: number;
  readonly early: number;
  readonly future: number;
}

async function timesOf(session: DuckDbSession): Promise<Times | undefined> {
  const latest = Date.now() / 1000 + AHEAD_SECONDS;
  const [sums = []] = await session.rows(`SELECT count(*), min(seconds), max(seconds),
    count(*) FILTER (seconds < ${YEAR_1990}), count(*) FILTER (seconds > ${latest}) FROM usable`);
  const [rows = 0, first = 0, last = 0, early = 0, future = 0] = sums.map(Number);
  return rows === 0 ? undefined : { rows, first, last, early, future };
}

function timeRemarks({ rows, first, last, early, future }: Times, isOrderKnown: boolean): Remark[] {
  const remarks: Remark[] = [];
  const add = (kind: Remark['kind'], text: string) => remarks.push(remark(kind, text));
  if (early > 0) {
    // The days of 1954 to 2119 as spreadsheets number them.
    const isSpreadsheet = early === rows && first > 20_000 && last < 80_000;
    const isCount = early === rows && first >= 0 && last < 1e8;
    const hint = isSpreadsheet
      ? ': they look like the day numbers of a spreadsheet; write them as dates'
      : isCount
        ? ': numbers count as seconds since 1970, and if they are none only their order is right'
        : '';
    add(
      'early-times',
      `${countOf(early, 'times')} of ${number(rows)} are before 1990 (from ${isoTime(first)})${hint}.`,
    );
  }
  if (future > 0)
    add('future-times', `${countOf(future, 'times')} of ${number(rows)} are in the future (up to ${isoTime(last)}).`);
  if (!isOrderKnown) {
    add(
      'date-order',
      'Dates such as 01/02/2026 are read with the day first, since none tells the order of day and month.',
    );
  }
  return remarks;
}

/** Columns that may play a role that no column was taken for. */
function unusedRemarks(files: readonly FileReading[]): Remark[] {
  const [{ columns, unused } = { columns: {}, unused: [] }] = files;
  const missing = [
    ...(columns.timestamp === undefined ? (['timestamp'] as const) : []),
    ...(columns.rating === undefined && columns.quantity === undefined ? (['rating', 'quantity'] as const) : []),
  ];
  return missing.flatMap(role => {
    const [name] = columnsLike(role, unused);
    if (name === undefined) return [];
    return [
      remark('unused-column', `The column "${name}" is not used; if it is the ${role}, say so with \`${role}Column\`.`),
    ];
  });
}

function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  // JavaScript knows times up to the year 275760.
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace('.000Z', 'Z');
}

function remark(kind: Remark['kind'], text: string): Remark {
  return { kind, text };
}

function countOf(count: number, many: string): string {
  return `${number(count)} ${many}`;
}

function rowsOf(count: number): string {
  return `${number(count)} ${count === 1 ? 'row' : 'rows'}`;
}

function number(count: number): string {
  return count.toLocaleString('en');
}
