import type { Role } from './column-names.js';
import { sqlName, sqlString } from './duckdb.js';
import type { TableLayout } from './layout.js';
import { type Delimiter, fieldPattern, quotable } from './text-line.js';

/** Why a record with broken quotes has no fields. */
export const BROKEN_QUOTES = 'a double quote is not closed, or text follows the closing one';

/**
 * SQL that cuts lines into fields.
 * @param lines a FROM source with one column `record`, null for an empty line
 * @returns a query with `record`, `malformed` (null, or why it has no fields), and a VARCHAR column for each role
 */
export function textRecords<Wanted extends Role>(
  lines: string,
  delimiter: Delimiter,
  { names, columns }: TableLayout<Wanted>,
): string {
  const quotes = quotable(delimiter);
  const separator = sqlString(delimiter);
  const plain = `string_split(record, ${separator})`;
  const quoted = `regexp_extract_all(${separator} || record, ${sqlString(fieldPattern(delimiter))}, 1)`;
  const cut = quotes ? `CASE WHEN contains(record, '"') THEN ${quoted} ELSE ${plain} END` : plain;
  const fields = Object.entries<number | undefined>(columns).map(([role, position = 0]) => {
    const field = `fields[${position + 1}]`;
    const bare = quotes
      ? `CASE WHEN starts_with(${field}, '"') THEN replace(${field}[2:-2], '""', '"') ELSE ${field} END`
      : field;
    return `${bare} AS ${sqlName(role)}`;
  });
  // Fields and separators that do not add up to the line: the pattern had to step over something.
  const broken = `WHEN contains(record, '"') AND
    list_sum(list_transform(fields, lambda field: length(field))) + len(fields) <> length(record) + 1
    THEN ${sqlString(BROKEN_QUOTES)}`;
  return `SELECT record, ${fields.join(', ')}, CASE ${quotes ? broken : ''} WHEN len(fields) <> ${names.length}
    THEN 'expected ${names.length} columns, found ' || len(fields) END AS malformed
    FROM (SELECT record, ${cut} AS fields FROM ${lines})`;
}

/**
 * A FROM source like the table `lines`, but with the records that span lines whole: the text stands on the first of its
 * lines, the others are null. An odd number of quotes on a line opens such a record or closes it.
 */
export const JOINED_LINES = `(
  WITH counted AS (
    SELECT rowid AS line, record, length(record) - length(replace(record, '"', '')) AS quotes FROM lines
  ), placed AS (
    SELECT line, record, coalesce(sum(quotes) OVER (ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
      % 2 = 1 AS continues FROM counted
  ), numbered AS (
    SELECT line, record, continues, count(*) FILTER (NOT continues) OVER (ORDER BY line) AS number FROM placed
  ), joined AS (
    SELECT number, string_agg(coalesce(record, ''), chr(10) ORDER BY line) AS record FROM numbered GROUP BY number
  )
  SELECT CASE WHEN continues THEN NULL ELSE nullif(joined.record, '') END AS record
  FROM numbered JOIN joined USING (number) ORDER BY line
)`;
