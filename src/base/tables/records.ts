import { messageOf, ShortlistError } from '../../errors.js';
import type { Role } from './column-names.js';
import { type DuckDbSession, sqlName, sqlPath, sqlString } from './duckdb.js';
import { type InputFile, MAX_LINE_BYTES, unreadable } from './input-file.js';
import type { TableLayout } from './layout.js';
import { type Delimiter, fieldPattern, quotable } from './text-line.js';

/** What a reader keeps of a record: SQL over one nullable VARCHAR column per role that the file has. */
export interface Projection {
  /** Columns of the table by name. */
  readonly columns: Readonly<Record<string, string>>;
  /** `WHEN … THEN reason` clauses for what makes a record with the right number of fields unusable. */
  readonly problems: readonly string[];
}

/** Why a record with broken quotes has no fields. */
const BROKEN_QUOTES = 'a double quote is not closed, or text follows the closing one';

/**
 * Loads a file into a new table with the projection's columns, `problem` (null, or why the record is unusable) and
 * `content` (the text of an unusable record). There is one row for each *line*, so that a row's `rowid` is its line
 * number from 0: blank lines and the later lines of a record that spans several are rows of nulls, and a header is a row
 * like the others. For Parquet it is the row number.
 *
 * DuckDB only cuts the text into lines, in parallel; the fields are cut here in SQL. That is as fast as its CSV reader,
 * guesses nothing, and knows the line of every bad record, which that reader does not.
 */
export async function loadRecords<Wanted extends Role>(
  session: DuckDbSession,
  table: string,
  file: InputFile,
  layout: TableLayout<Wanted>,
  projection: Projection,
): Promise<void> {
  const { delimiter } = layout;
  if (delimiter === undefined) {
    await createTable(session, table, file, parquetRecords(file, layout), projection);
    return;
  }
  let lines = sqlLines(file, 'utf-8');
  try {
    await createTable(session, table, file, textRecords(lines, delimiter, layout), projection);
  } catch (error) {
    // Not UTF-8: every sequence of bytes is Latin-1.
    if (!(error instanceof ShortlistError && /utf-8|unicode/i.test(messageOf(error.cause)))) throw error;
    lines = sqlLines(file, 'latin-1');
    await createTable(session, table, file, textRecords(lines, delimiter, layout), projection);
  }
  const broken = quotable(delimiter) ? await countBrokenQuotes(session, table) : 0;
  if (broken === 0) return;

  // Broken quotes may be records that span lines. Join these, and keep the result if that mends any.
  await session.run(`CREATE TEMP TABLE lines AS SELECT record FROM ${lines}`);
  await createTable(session, 'joined', file, textRecords(JOINED_LINES, delimiter, layout), projection);
  const mended = (await countBrokenQuotes(session, 'joined')) < broken;
  await session.run(`DROP TABLE lines; DROP TABLE ${mended ? table : 'joined'}`);
  if (mended) await session.run(`ALTER TABLE joined RENAME TO ${table}`);
}

async function createTable(
  session: DuckDbSession,
  table: string,
  file: InputFile,
  records: string,
  { columns, problems }: Projection,
): Promise<void> {
  const kept = Object.entries(columns).map(([name, expression]) => `${expression} AS ${sqlName(name)}`);
  const problem = `CASE WHEN record IS NULL THEN NULL WHEN malformed IS NOT NULL THEN malformed ${problems.join(' ')} END`;
  try {
    await session.run(`CREATE TEMP TABLE ${table} AS SELECT ${kept.join(', ')}, problem,
      CASE WHEN problem IS NOT NULL THEN record END AS content FROM (SELECT *, ${problem} AS problem FROM (${records}))`);
  } catch (error) {
    throw readError(file, error);
  }
}

function parquetRecords<Wanted extends Role>(file: InputFile, { names, columns }: TableLayout<Wanted>): string {
  const fields = Object.entries<number | undefined>(columns).map(
    ([role, position = 0]) => `CAST(${sqlName(names[position] ?? '')} AS VARCHAR) AS ${sqlName(role)}`,
  );
  return `SELECT '' AS record, NULL::VARCHAR AS malformed, ${fields.join(', ')}
    FROM read_parquet(${sqlPath(file.path)}, binary_as_string = true)`;
}

/**
 * SQL that cuts lines into fields.
 * @param lines a FROM source with one column `record`, null for an empty line
 * @returns a query with `record`, `malformed` (null, or why it has no fields), and a VARCHAR column for each role
 */
function textRecords<Wanted extends Role>(
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

function sqlLines(file: InputFile, encoding: 'utf-8' | 'latin-1'): string {
  // No text holds this separator, so that a line is one field.
  return `read_csv(${sqlPath(file.path)}, columns = {record: 'VARCHAR'}, auto_detect = false, header = false,
    delim = '\u0001\u0002\u0003', quote = '', escape = '', strict_mode = false, encoding = '${encoding}',
    max_line_size = ${MAX_LINE_BYTES}${file.mixedLineEnds ? ", new_line = '\\r\\n', parallel = false" : ''})`;
}

function countBrokenQuotes(session: DuckDbSession, table: string): Promise<number> {
  return session.number(`SELECT count(*) FROM ${table} WHERE problem = ${sqlString(BROKEN_QUOTES)}`);
}

function readError(file: InputFile, error: unknown): ShortlistError {
  const message = messageOf(error);
  const line = /Line: (\d+)/.exec(message)?.[1];
  if (message.includes('Maximum line size')) {
    return unreadable(
      file.name,
      `line ${line} is longer than ${MAX_LINE_BYTES} bytes; expected one row per line`,
      error,
    );
  }
  const place = line === undefined ? '' : ` near line ${line}`;
  return unreadable(file.name, `${(message.split('\n')[0] ?? '').slice(0, 200)}${place}`, error);
}

/**
 * A FROM source like the table `lines`, but with the records that span lines whole: the text stands on the first of its
 * lines, the others are null. An odd number of quotes on a line opens such a record or closes it.
 */
const JOINED_LINES = `(
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
