import { sqlString } from './duckdb.js';
import { BLANKS, MAX_ID_LENGTH, NULL_WORDS } from './plain-id.js';

// SQL over the text of fields, in VARCHAR columns that may be null. What is cheap and true of nearly all values comes
// first: DuckDB evaluates a branch of CASE only for the rows that reach it, but both sides of AND, and what stands twice in
// coalesce, for all of them; and IN with many constants it makes a join, which loses the order of the lines.

/** SQL for both conditions, of which the second is evaluated only where the first holds. */
function and(first: string, second: string): string {
  return `CASE WHEN ${first} THEN ${second} ELSE false END`;
}

/** True of the fields that have blanks around them, and of a few others. */
function maybeBlanks(column: string): string {
  return `${column} < '!' OR suffix(${column}, ' ') OR suffix(${column}, chr(9)) OR strlen(${column}) <> length(${column})`;
}

/** SQL for the text without blanks around it. */
export function trimmed(column: string): string {
  return `CASE WHEN ${maybeBlanks(column)} THEN trim(${column}, ${sqlString(BLANKS)}) ELSE ${column} END`;
}

/**
 * SQL for the id in a field: without blanks around it, and `1.0`, which programs write for the number 1 in a column of
 * fractions, as `1`. Everything else stays as it is spelled.
 */
export function idValue(column: string): string {
  const id = trimmed(column);
  return `CASE WHEN ${maybeOther(column)} THEN
    CASE WHEN regexp_full_match(${id}, '-?\\d+\\.0') THEN (${id})[:-3] ELSE ${id} END ELSE ${column} END`;
}

/** True of the ids that differ from their fields, and of a few others. */
function maybeOther(column: string): string {
  return `${maybeBlanks(column)} OR suffix(${column}, '.0')`;
}

/**
 * Clauses for an id that is missing or too long. Missing are an empty one and what programs write for nothing, such as
 * `NULL`, `NaN` and `None`, in upper or lower case. Somebody may really be called `None` or `NA`, but far more often it is
 * a gap in the data; and a gap that is taken for an id becomes, without a word, the most active user of all, while a row
 * that is refused is named.
 */
export function idProblems(column: string, role: string): string[] {
  const id = trimmed(column);
  return [
    `WHEN ${column} IS NULL THEN 'the ${role} id is empty'`,
    `WHEN ${and(`${column} < '!' OR ${column} > '~'`, `${id} = ''`)} THEN 'the ${role} id is empty'`,
    // None of the words begins with a digit, as most ids do.
    `WHEN ${and(`(${column} < '0' OR ${column} > '9~') AND strlen(${column}) < 20`, `list_contains([${NULL_WORDS.map(sqlString)}], lower(${id}))`)}
      THEN 'the ${role} id is missing: "' || ${id} || '"'`,
    `WHEN ${and(`strlen(${column}) > ${MAX_ID_LENGTH}`, `length(${id}) > ${MAX_ID_LENGTH}`)}
      THEN 'the ${role} id has ' || length(${id}) || ' characters, at most ${MAX_ID_LENGTH} are allowed'`,
  ];
}

/** How the ids of a row differ from their fields. */
export const ID_CHANGE = { NONE: 0, BLANKS: 1, DECIMAL: 2 } as const;

/** SQL for the `ID_CHANGE` of a row with ids in these columns. */
export function idChange(columns: readonly string[]): string {
  const anyOf = (condition: (column: string) => string) => columns.map(condition).join(' OR ');
  return `CASE WHEN NOT (${anyOf(maybeOther)}) THEN ${ID_CHANGE.NONE}
    WHEN ${anyOf(column => `regexp_matches(${column}, '^\\s*-?\\d+\\.0\\s*$')`)} THEN ${ID_CHANGE.DECIMAL}
    WHEN ${anyOf(column => `trim(${column}, ${sqlString(BLANKS)}) <> ${column}`)} THEN ${ID_CHANGE.BLANKS}
    ELSE ${ID_CHANGE.NONE} END::UTINYINT`;
}

/**
 * SQL for the number in a field as FLOAT, null where there is none. A comma is a decimal one (`4,5`) unless exactly
 * three digits follow it: `1,234` may mean either of two numbers, so that it is none. `true` and `false` are 1 and 0.
 */
export function numberValue(column: string): string {
  const text = trimmed(column);
  return `CASE WHEN try_cast(${column} AS FLOAT) IS NOT NULL THEN try_cast(${column} AS FLOAT)
    WHEN regexp_full_match(${text}, '[+-]?(\\d+(\\.\\d+)?|0?,\\d+|\\d+,(\\d{1,2}|\\d{4,}))')
      THEN try_cast(replace(${text}, ',', '.') AS FLOAT)
    WHEN lower(${text}) = 'true' THEN 1 WHEN lower(${text}) = 'false' THEN 0 END`;
}

/** A clause for a field without a finite number, with what may be the matter. */
export function numberProblem(column: string, role: string): string {
  const text = trimmed(`coalesce(${column}, '')`);
  return `WHEN NOT coalesce(isfinite(${numberValue(column)}), false)
    THEN 'the ${role} "' || left(coalesce(${column}, ''), 40) || '" is not a finite number' || CASE
      WHEN regexp_full_match(${text}, '[\\d.,]+ *(/|von|of) *[\\d.,]+') THEN ': divide it out, as 0.8 for 4/5'
      WHEN regexp_full_match(${text}, '[+-]?\\d{1,3}([,.'' ]\\d{3})+([.,]\\d+)?') THEN ': write a decimal point, and nothing between thousands'
      WHEN regexp_full_match(${text}, '(\\p{Sc}|[A-Z]{3}) ?[\\d.,]+|[\\d.,]+ ?(\\p{Sc}|%|[A-Z]{3})')
        THEN ': write the number alone' ELSE '' END`;
}

/**
 * What only the whole column tells of a time:
 * - `COMPACT`: eight digits, a day (`20260102`) or a number of seconds; `secondsValue` takes the day;
 * - `EITHER_FIRST`: `01/02/2026`, either of whose parts may be the day; `secondsValue` takes the first;
 * - `DAY_FIRST`, `MONTH_FIRST`: such a date with a part above 12, which tells the order.
 */
export const TIME_FORM = { COMPACT: 1, EITHER_FIRST: 2, DAY_FIRST: 3, MONTH_FIRST: 4 } as const;

/**
 * Day and month in either order, year, and maybe a time of the day. An offset is not allowed: the order is settled after
 * it would have moved the day.
 */
const NUMERIC_DATE = sqlString(
  '(\\d{1,2})[/-](\\d{1,2})[/-](\\d{4})((?:,? +|T)\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:[ \\x{a0}\\x{202f}]?[AaPp][Mm])?(?: ?(?:UTC|GMT|Z))?)?',
);

/** SQL for the `TIME_FORM` of a field; null where its value alone tells the time. */
export function timeForm(column: string): string {
  const text = trimmed(column);
  const part = (number: number) => `regexp_extract(${text}, ${NUMERIC_DATE}, ${number})::INTEGER`;
  return `CASE WHEN ${isCompact(column, 8)} THEN ${TIME_FORM.COMPACT}
    WHEN ${and(`contains(${column}, '/') OR contains(${column}, '-')`, `regexp_full_match(${text}, ${NUMERIC_DATE})`)} THEN
      CASE WHEN ${part(1)} > 12 THEN ${TIME_FORM.DAY_FIRST} WHEN ${part(2)} > 12 THEN ${TIME_FORM.MONTH_FIRST}
        WHEN ${part(1)} <> ${part(2)} THEN ${TIME_FORM.EITHER_FIRST} END
    END::UTINYINT`;
}

/** A day, or a day and a time, in digits only. Both are far from today as seconds and as milliseconds. */
function isCompact(column: string, digits: 8 | 14): string {
  const isLikely = `strlen(${column}) = ${digits} AND ${column} >= '19' AND ${column} < '21'`;
  return and(isLikely, `try_strptime(${column}, ${COMPACT_FORMAT[digits]}) IS NOT NULL`);
}
const COMPACT_FORMAT = { 8: "'%Y%m%d'", 14: "'%Y%m%d%H%M%S'" } as const;

/**
 * SQL for the time in a field as seconds since 1970, null where there is none. It may be
 * - a number of seconds; from 10^11 on of milliseconds, from 10^14 of microseconds, from 10^17 of nanoseconds: as the
 *   larger unit they would be beyond the year 5138, as the smaller one they begin in 1973;
 * - digits only: `20260102`, `20260102101500`, `20260102T101500Z`;
 * - an ISO 8601 date, with or without time and offset, also with a blank before it or `/` between its parts;
 * - `31/12/2026`, `12/31/2026`, `31.12.2026`, with or without a time;
 * - with names of months in English: RFC 2822, C's and JavaScript's forms, `Jan 2, 2026 3:04 PM`, `2-Jan-2026`.
 * Times without an offset are UTC.
 */
export function secondsValue(column: string): string {
  const number = `try_cast(${column} AS DOUBLE)`;
  const iso = `try_cast(${column} AS TIMESTAMPTZ)`;
  return `CASE WHEN ${isCompact(column, 8)} THEN epoch(strptime(${column}, ${COMPACT_FORMAT[8]}))
    WHEN ${isCompact(column, 14)} THEN epoch(strptime(${column}, ${COMPACT_FORMAT[14]}))
    WHEN abs(${number}) < 1e11 THEN ${number} WHEN abs(${number}) < 1e14 THEN ${number} / 1e3
    WHEN abs(${number}) < 1e17 THEN ${number} / 1e6 WHEN abs(${number}) < 1e20 THEN ${number} / 1e9
    WHEN ${iso} IS NOT NULL THEN epoch(${iso}) ELSE epoch(${writtenTime(column)}) END`;
}

/**
 * Times before the year 1000 are none: they come of what a program writes for no date (`0001-01-01`), and of years of two
 * digits (`01-12-10`).
 */
export const EARLIEST_SECONDS = Date.UTC(1000) / 1000;

/** SQL for the time in a field that is neither a number nor what DuckDB takes for a time. */
function writtenTime(column: string): string {
  const plain = trimmed(column);
  const steps: readonly [pattern: string, replacement: string][] = [
    // Blanks that do not break lines stand before AM and PM in what browsers write.
    ['[\\x{a0}\\x{202f}]', ' '],
    ['(\\d)([AaPp][Mm])', '\\1 \\2'],
    [' \\([^)]*\\)$', ''],
    ['\\s*(?:GMT|UTC)?([+-]\\d{2}:?\\d{2})$', '\\1'],
    ['^(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})', '\\3-\\2-\\1'],
    ['^(\\d{1,2})[/-](1[3-9]|2\\d|3[01])[/-](\\d{4})', '\\3-\\1-\\2'],
    ['^(\\d{1,2})[/-](\\d{1,2})[/-](\\d{4})', '\\3-\\2-\\1'],
    [',? +(\\d{1,2}:\\d{2})', ' \\1'],
  ];
  const text = steps.reduce(
    (inner, [pattern, replacement]) =>
      `regexp_replace(${inner}, ${sqlString(pattern)}, ${sqlString(replacement)}, 'g')`,
    plain,
  );
  return `CASE WHEN length(${column}) > 100 THEN NULL
    WHEN ${and(`regexp_matches(${plain}, '^\\d{1,2}[/-]\\d')`, `NOT regexp_full_match(${plain}, ${NUMERIC_DATE})`)} THEN NULL
    ELSE coalesce(try_cast(${text} AS TIMESTAMPTZ), try_strptime(${text}, [${WRITTEN_FORMATS.map(sqlString)}])) END`;
}

const CLOCK = ['', ' %H:%M:%S', ' %H:%M', ' %I:%M:%S %p', ' %I:%M %p'];
const DAYS = ['%b %d, %Y', '%B %d, %Y', '%d %b %Y', '%d %B %Y', '%d-%b-%Y', '%b %d %Y', '%m %d, %Y'];
const WRITTEN_FORMATS = [
  '%Y%m%dT%H%M%SZ',
  '%Y%m%dT%H%M%S',
  '%Y%m%dT%H%M%S%z',
  '%a %b %d %H:%M:%S %z %Y',
  '%a %b %d %H:%M:%S %Z %Y',
  '%a %b %d %H:%M:%S %Y',
  '%a, %d %b %Y %H:%M:%S%z',
  '%a, %d %b %Y %H:%M:%S %Z',
  '%d %b %Y %H:%M:%S%z',
  '%a %b %d %Y %H:%M:%S%z',
  '%d/%b/%Y:%H:%M:%S%z',
  ...DAYS.flatMap(day => CLOCK.map(clock => day + clock)),
  '%Y-%m-%d %H',
  '%Y-%m-%d %I:%M:%S %p',
  '%Y-%m-%d %I:%M %p',
];
