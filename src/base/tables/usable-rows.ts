import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type BadRow, messageOf, ShortlistError } from '../../errors.js';
import type { Role } from './column-names.js';
import { type DuckDbSession, sqlName, sqlString } from './duckdb.js';
import type { FileReading } from './file-reading.js';
import { openInputFile } from './input-file.js';
import { layoutOf, type WantedColumns } from './layout.js';
import { loadRecords, type Projection } from './records.js';

/** Options of all readers of tables, beside the names of the columns. */
export interface TableOptions {
  /**
   * True for text files without a header, whose columns are in the reader's order from the first line on. Default:
   * judged by the first line.
   */
  readonly headerless?: boolean | undefined;
  /**
   * False to stop at bad rows. A path to go on without them and write them to that CSV file; true for
   * `data/rejected-rows.csv`. Default false.
   */
  readonly skipBadRows?: boolean | string | undefined;
}

/** Bad rows shown in the message: enough to see a pattern, few enough to read. */
const SHOWN_ROWS = 5;

/** Where bad rows go when the caller skips them without naming a file. */
const DEFAULT_REJECTS_FILE = 'data/rejected-rows.csv';

/**
 * Loads files, one after the other, and creates the view `usable` over their good rows: the columns of the
 * projection, of which the first must be null in no good row, and a `position` that orders the rows.
 * @param projectionOf what is kept of a file that has these columns; it must give the same columns for all files
 * @returns what became of the lines of each file
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `bad-rows`, `output-unwritable`
 */
export async function loadUsableRows<Wanted extends Role>(
  session: DuckDbSession,
  names: readonly string[],
  wanted: WantedColumns<Wanted>,
  skipBadRows: boolean | string,
  projectionOf: (columns: Readonly<Partial<Record<Wanted, number>>>, name: string) => Projection,
): Promise<FileReading[]> {
  const readings: FileReading[] = [];
  const good: string[] = [];
  const bad: string[] = [];
  for (const [index, name] of names.entries()) {
    const file = await openInputFile(name, session.scratch);
    const layout = await layoutOf(file, wanted, session);
    const projection = projectionOf(layout.columns, name);
    const table = `records_${index}`;
    await loadRecords(session, table, file, layout, projection);
    // 2^40 lines per file is room for more than any file has.
    const position = `(${index}::BIGINT << 40) + rowid AS position`;
    const rows = `FROM ${table} WHERE rowid >= ${file.kind === 'text' && layout.hasHeader ? 1 : 0}`;
    const columns = Object.keys(projection.columns).map(sqlName);
    // Lines without a record have nulls throughout.
    good.push(`SELECT ${position}, ${columns.join(', ')} ${rows} AND problem IS NULL AND ${columns[0]} IS NOT NULL`);
    bad.push(`SELECT ${position}, ${sqlString(name)} AS file, rowid + 1 AS line, problem AS reason, content
      ${rows} AND problem IS NOT NULL`);
    const header = file.kind === 'text' && layout.hasHeader ? 1 : 0;
    const [[lines, usable, unusable] = []] = await session.rows(`SELECT count(*),
      count(*) FILTER (problem IS NULL AND ${columns[0]} IS NOT NULL AND rowid >= ${header}),
      count(*) FILTER (problem IS NOT NULL AND rowid >= ${header}) FROM ${table}`);
    const taken = Object.entries<number | undefined>(layout.columns);
    readings.push({
      file: name,
      format: file.kind === 'parquet' ? 'Parquet' : 'CSV',
      columns: Object.fromEntries(taken.map(([role, at]) => [role, layout.names[at ?? 0] ?? ''])),
      unused: layout.names.filter((_, position) => !taken.some(([, at]) => at === position)),
      lines: Number(lines),
      header,
      blank: Number(lines) - header - Number(usable) - Number(unusable),
      continued: 0,
      good: Number(usable),
      bad: Number(unusable),
    });
  }
  await session.run(`CREATE TEMP VIEW usable AS ${good.join(' UNION ALL ')}`);
  await session.run(`CREATE TEMP VIEW bad AS ${bad.join(' UNION ALL ')}`);
  const total = await session.number('SELECT count(*) FROM bad');
  if (total === 0) return readings;
  if (skipBadRows === false) throw await badRowsError(session, total);
  await writeBadRows(session, total, skipBadRows === true ? DEFAULT_REJECTS_FILE : skipBadRows);
  return readings;
}

/** Replaces the file if it exists. */
async function writeBadRows(session: DuckDbSession, total: number, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await session.run(
      `COPY (SELECT file, line, reason, content FROM bad ORDER BY position) TO ${sqlString(path)} (FORMAT csv, HEADER)`,
    );
  } catch (cause) {
    const why = messageOf(cause).split('\n')[0];
    throw new ShortlistError(
      'output-unwritable',
      `Cannot write the ${total} rejected rows to ${path}: ${why}`,
      { path },
      { cause },
    );
  }
}

async function badRowsError(session: DuckDbSession, total: number): Promise<ShortlistError> {
  const first = await session.rows(`SELECT file, line::INTEGER, reason FROM bad ORDER BY position LIMIT ${SHOWN_ROWS}`);
  const rows = first.map(
    ([file, line, reason]): BadRow => ({ file: String(file), line: Number(line), reason: String(reason) }),
  );
  const shown = rows.map(row => `  ${row.file}, line ${row.line}: ${row.reason}`);
  if (total > rows.length) shown.push(`  … and ${total - rows.length} more`);
  return new ShortlistError(
    'bad-rows',
    `${total} bad ${total === 1 ? 'row' : 'rows'}. Correct them, or leave them out with \`skipBadRows\`:\n${shown.join('\n')}`,
    { total, rows },
  );
}
