import { messageOf, ShortlistError } from '../../errors.js';
import type { Role } from './column-names.js';
import { type DuckDbSession, sqlName, sqlString } from './duckdb.js';
import { type InputFile, MAX_LINE_BYTES, saveContent, unreadable } from './input-file.js';
import type { TableLayout } from './layout.js';
import { sqlParquet } from './nested-columns.js';
import { CONTINUED, joinedRecords, LINE_BREAK, surveyQuotes } from './spanning-records.js';
import { type Delimiter, fieldPattern, type Quoting, quotingOf } from './text-line.js';
import { sqlLines } from './text-source.js';

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
 * like the others. For Parquet and JSON arrays it is the record's number.
 *
 * DuckDB only cuts the text into lines, in parallel; the fields are cut here in SQL. That is as fast as its CSV reader,
 * guesses nothing, and knows the line of every bad record, which that reader does not.
 * @returns how many lines belong to records that began on an earlier one
 */
export async function loadRecords<Wanted extends Role>(
  session: DuckDbSession,
  table: string,
  file: InputFile,
  layout: TableLayout<Wanted>,
  projection: Projection,
): Promise<number> {
  const { delimiter } = layout;
  const roles = Object.keys(layout.columns);
  if (delimiter === undefined) {
    const records = file.kind === 'parquet' ? parquetRecords(file, layout) : jsonRecords(file, layout);
    await createTable(session, table, file, records, roles, projection);
    return 0;
  }
  const quoting = quotingOf(delimiter);
  await createTable(
    session,
    table,
    file,
    textRecords(sqlLines(file.path), delimiter, quoting, layout),
    roles,
    projection,
  );
  if (quoting === 'none') return 0;
  const broken = await session.number(`SELECT count(*) FROM ${table} WHERE rowid >= ${layout.start}
    AND (problem = ${sqlString(BROKEN_QUOTES)} OR contains(content, '"') AND problem LIKE ${sqlString(wrongWidth(layout, '%'))})`);
  if (broken === 0) return 0;

  const survey = await surveyQuotes({ ...file, ...layout, delimiter });
  const { spans } = survey;
  if (spans.length === 0 && survey.quoting === quoting) return 0;
  let lines = sqlLines(file.path);
  if (spans.length > 0) {
    const joined = joinedRecords(file.name, file.path, spans);
    const path = await saveContent(file.name, joined, session.scratch, `join the lines of records in ${file.name}`);
    lines = `(SELECT nullif(record, '${CONTINUED}') AS record FROM ${sqlLines(path)})`;
  }
  await session.run(`DROP TABLE ${table}`);
  await createTable(session, table, file, textRecords(lines, delimiter, survey.quoting, layout), roles, projection);
  return spans.reduce((sum, [first, last]) => sum + last - first, 0);
}

async function createTable(
  session: DuckDbSession,
  table: string,
  file: InputFile,
  records: string,
  roles: readonly string[],
  { columns, problems }: Projection,
): Promise<void> {
  const kept = Object.entries(columns).map(([name, expression]) => `${expression} AS ${sqlName(name)}`);
  const damaged = roles.map(
    role => `WHEN contains(${sqlName(role)}, '\ufffd') THEN 'the ${role} has bytes that are not UTF-8'`,
  );
  const reasons = [...(file.damaged ? damaged : []), ...problems].join(' ');
  const problem = `CASE WHEN record IS NULL THEN NULL WHEN malformed IS NOT NULL THEN malformed ${reasons} END`;
  const content = file.kind === 'text' ? withLineBreaks('record') : 'record';
  try {
    await session.run(`CREATE TEMP TABLE ${table} AS SELECT ${kept.join(', ')}, problem,
      CASE WHEN problem IS NOT NULL THEN ${content} END AS content
      FROM (SELECT *, ${problem} AS problem FROM (${records}))`);
  } catch (error) {
    throw readError(file, error);
  }
}

function parquetRecords<Wanted extends Role>(file: InputFile, layout: TableLayout<Wanted>): string {
  const fields = fieldsOf(layout, position => layout.values[position] ?? 'NULL::VARCHAR');
  return `SELECT '' AS record, NULL::VARCHAR AS malformed, ${fields.join(', ')} FROM ${sqlParquet(file)}`;
}

function jsonRecords<Wanted extends Role>(file: InputFile, layout: TableLayout<Wanted>): string {
  const pointers = layout.values.slice(0, layout.width).map(pointer => sqlString(pointer ?? ''));
  const positions = Object.values<number | undefined>(layout.columns).filter(at => at !== undefined);
  const taken = [...new Set(positions)].filter(position => position < layout.width);
  const fields = fieldsOf(layout, position =>
    position < layout.width ? `fields[${taken.indexOf(position) + 1}]` : (layout.values[position] ?? ''),
  );
  const paths = taken.map(position => pointers[position]);
  return `SELECT record, malformed, ${fields.join(', ')} FROM (SELECT record, malformed,
      CASE WHEN malformed IS NULL THEN json_extract_string(record, [${paths.join(', ')}]) END AS fields
    FROM (SELECT record, CASE WHEN NOT json_valid(record) THEN 'it is not valid JSON'
      WHEN json_type(record) <> 'OBJECT' THEN 'it is not a JSON object' END AS malformed
    FROM ${sqlLines(file.path)}))`;
}

/**
 * SQL that cuts lines into fields.
 * @param lines a FROM source with one column `record`, null for an empty line
 * @returns a query with `record`, `malformed` (null, or why it has no fields), and a VARCHAR column for each role
 */
function textRecords<Wanted extends Role>(
  lines: string,
  delimiter: Delimiter,
  quoting: Quoting,
  layout: TableLayout<Wanted>,
): string {
  const { width } = layout;
  const separator = sqlString(delimiter);
  // Blanks are as many as they like.
  const text = delimiter === ' ' ? `trim(regexp_replace(record, ' +', ' ', 'g'))` : 'record';
  const plain = `string_split(${text}, ${separator})`;
  const quoted = `regexp_extract_all(${separator} || record, ${sqlString(fieldPattern(delimiter, quoting))}, 1)`;
  const cut = quoting === 'none' ? plain : `CASE WHEN contains(record, '"') THEN ${quoted} ELSE ${plain} END`;
  const fields = fieldsOf(layout, position => {
    if (position >= width) return layout.values[position] ?? '';
    const field = `fields[${position + 1}]`;
    return quoting === 'none'
      ? field
      : `CASE WHEN starts_with(${field}, '"') THEN ${unquoted(field, quoting)} ELSE ${field} END`;
  });
  // Fields and separators that do not add up to the line: the pattern had to step over something.
  const broken = `WHEN contains(record, '"') AND
    list_sum(list_transform(fields, lambda field: length(field))) + len(fields) <> length(record) + 1
    THEN ${sqlString(BROKEN_QUOTES)}`;
  return `SELECT record, ${fields.join(', ')}, CASE ${quoting === 'none' ? '' : broken} WHEN len(fields) <> ${width}
    THEN ${sqlString(wrongWidth(layout, ''))} || len(fields) ${headerAgain(layout)} END AS malformed
    FROM (SELECT record, ${cut} AS fields FROM ${lines})`;
}

/** A clause for a line that repeats the header, as where files were joined; it may begin with a byte order mark. */
function headerAgain<Wanted extends Role>({ names, columns, width }: TableLayout<Wanted>): string {
  const positions = [...new Set(Object.values<number | undefined>(columns))].filter(
    (position): position is number => position !== undefined && position < width,
  );
  // Without a header the names are the positions.
  if (positions.every(position => names[position] === String(position + 1))) return '';
  const isName = (position: number) =>
    `trim(fields[${position + 1}], ${sqlString(' "\ufeff')}) = ${sqlString(names[position] ?? '')}`;
  const [first = 0, ...others] = positions;
  return `WHEN CASE WHEN ends_with(rtrim(fields[${first + 1}], ' "'), ${sqlString(names[first] ?? '')})
    THEN ${[first, ...others].map(isName).join(' AND ')} ELSE false END THEN 'it repeats the header'`;
}

function unquoted(field: string, quoting: Quoting): string {
  const text = withLineBreaks(`replace(${field}[2:-2], '""', '"')`);
  return quoting === 'backslash' ? `regexp_replace(${text}, '\\\\(.)', '\\1', 'gs')` : text;
}

function withLineBreaks(text: string): string {
  return `replace(${text}, '${LINE_BREAK}', chr(10))`;
}

function wrongWidth<Wanted extends Role>({ width }: TableLayout<Wanted>, found: string): string {
  return `expected ${width} columns, found ${found}`;
}

/** SQL for a column of each role. */
function fieldsOf<Wanted extends Role>(
  { columns }: TableLayout<Wanted>,
  valueAt: (position: number) => string,
): string[] {
  return Object.entries<number | undefined>(columns).map(
    ([role, position = 0]) => `${valueAt(position)} AS ${sqlName(role)}`,
  );
}

function readError(file: InputFile, error: unknown): ShortlistError {
  if (error instanceof ShortlistError) return error;
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
