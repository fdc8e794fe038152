import { createReadStream, createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type BadRow, messageOf, ShortlistError } from '../../errors.js';
import { makeDirectory } from '../files/make-directory.js';
import type { Role } from './column-names.js';
import { type DuckDbSession, sqlName, sqlString } from './duckdb.js';
import type { FileReading } from './file-reading.js';
import { type InputFile, openInputFile } from './input-file.js';
import { layoutOf, type TableColumns, type TableLayout, type WantedColumns } from './layout.js';
import { countLines } from './line-count.js';
import { parquetRows } from './nested-columns.js';
import { loadRecords, type Projection } from './records.js';
import { tableFiles } from './table-files.js';
import type { Delimiter } from './text-line.js';

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
 * Loads files, one after the other, and creates the view `usable` over their good rows: the columns of the projection, of
 * which the first must be null in no good row, and a `position` that orders the rows.
 * @param names of files, folders and more: see `tableFiles`
 * @param projectionOf what is kept of a file that has these columns; it must give the same columns for all files
 * @returns what became of the lines of each file
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `bad-rows`, `rows-lost`, `disk-full`,
 *   `output-unwritable`
 */
export async function loadUsableRows<Wanted extends Role>(
  session: DuckDbSession,
  names: readonly string[],
  wanted: WantedColumns<Wanted>,
  skipBadRows: boolean | string,
  projectionOf: (columns: TableColumns<Wanted>, name: string) => Projection,
): Promise<FileReading[]> {
  const readings: FileReading[] = [];
  const good: string[] = [];
  const bad: string[] = [];
  for (const [index, { name, partitions }] of (await tableFiles(names, session)).entries()) {
    const file = await openInputFile(name, session.scratch, wanted.isUtf8);
    const layout = await layoutOf(file, partitions, wanted, session);
    const projection = projectionOf(layout.columns, file.name);
    const table = `records_${index}`;
    const continued = await loadRecords(session, table, file, layout, projection);
    // 2^40 lines per file is room for more than any file has.
    const position = `(${index}::BIGINT << 40) + rowid AS position`;
    const rows = `FROM ${table} WHERE rowid >= ${layout.start}`;
    const columns = Object.keys(projection.columns).map(sqlName);
    // Lines without a record have nulls throughout.
    const isGood = `problem IS NULL AND ${columns[0]} IS NOT NULL`;
    good.push(`SELECT ${position}, ${columns.join(', ')} ${rows} AND ${isGood}`);
    bad.push(`SELECT ${position}, ${sqlString(file.name)} AS file, rowid + 1 AS line, problem AS reason, content
      ${rows} AND problem IS NOT NULL`);
    readings.push(await readingOf(session, table, isGood, file, layout, continued));
  }
  await session.run(`CREATE TEMP VIEW usable AS ${good.join(' UNION ALL ')}`);
  await session.run(`CREATE TEMP VIEW bad AS ${bad.join(' UNION ALL ')}`);
  const rejected = readings.filter(reading => reading.bad > 0);
  if (rejected.length === 0) return readings;
  const total = rejected.reduce((sum, reading) => sum + reading.bad, 0);
  if (skipBadRows === false) throw await badRowsError(session, total);
  const path = skipBadRows === true ? DEFAULT_REJECTS_FILE : skipBadRows;
  await writeBadRows(session, rejected, path);
  return readings;
}

/** @throws ShortlistError `rows-lost` unless each line of the file became a row of the table */
async function readingOf<Wanted extends Role>(
  session: DuckDbSession,
  table: string,
  isGood: string,
  file: InputFile,
  { delimiter, start, blankStart, names, columns }: TableLayout<Wanted>,
  continued: number,
): Promise<FileReading> {
  const [counts = []] = await session.rows(`SELECT count(*), count(*) FILTER (${isGood} AND rowid >= ${start}),
    count(*) FILTER (problem IS NOT NULL AND rowid >= ${start}) FROM ${table}`);
  const [lines = 0, good = 0, bad = 0] = counts.map(Number);
  await requireAllLines(session, file, lines);
  const header = start - blankStart;
  // Roles only: all columns, where they are wanted, are there by their keys as well.
  const taken = Object.entries<number | undefined>(columns).filter(([key]) => !key.includes(':'));
  const format = file.kind === 'parquet' ? ['Parquet'] : delimiter === undefined ? [] : [nameOf(delimiter)];
  return {
    file: file.name,
    format: [...format, ...file.format].join(', '),
    columns: Object.fromEntries(taken.map(([role, at]) => [role, names[at ?? 0] ?? ''])),
    unused: names.filter((_, position) => !taken.some(([, at]) => at === position)),
    lines,
    header,
    blank: lines - header - continued - good - bad,
    continued,
    good,
    bad,
  };
}

async function requireAllLines(session: DuckDbSession, file: InputFile, rows: number): Promise<void> {
  const lines = file.lines ?? (await parquetRows(session, file));
  if (rows === lines) return;
  // A log may have been added to since its lines were counted.
  const most = file.kind === 'parquet' ? lines : (await countLines(file.path)).lines;
  if (rows > lines && rows <= most) return;
  throw new ShortlistError(
    'rows-lost',
    `${file.name} has ${lines} lines, but ${rows} were read, so that none of it is used. Read it again when nothing ` +
      'writes to it. Should this happen then, it is a fault of Shortlist: please report it.',
    { file: file.name, lines, rows },
  );
}

/** A separator as the kind of file that it makes. */
function nameOf(delimiter: Delimiter): string {
  if (delimiter === ',') return 'CSV';
  return delimiter === '\t' ? 'TSV' : `text separated by ${JSON.stringify(delimiter)}`;
}

/** For each file of bad rows that this process wrote, the files whose rows are in it. */
const written = new Map<string, Set<string>>();

/**
 * Adds to what this process wrote already, so that a command keeps the bad rows of all files that it reads. A file that
 * is read again starts anew.
 */
async function writeBadRows(session: DuckDbSession, rejected: readonly FileReading[], path: string): Promise<void> {
  const earlier = written.get(path);
  const adds = earlier !== undefined && !rejected.some(({ file }) => earlier.has(file));
  const files = adds ? earlier : new Set<string>();
  const part = join(session.scratch, 'bad-rows.csv');
  try {
    makeDirectory(dirname(path));
    await session.run(`COPY (SELECT file, line, reason, content FROM bad ORDER BY position) TO ${sqlString(part)}
      (FORMAT csv, HEADER ${!adds})`);
    await pipeline(createReadStream(part), createWriteStream(path, { flags: adds ? 'a' : 'w' }));
  } catch (cause) {
    const total = rejected.reduce((sum, { bad }) => sum + bad, 0);
    const why = messageOf(cause).split('\n')[0];
    throw new ShortlistError(
      'output-unwritable',
      `Cannot write the ${total} rejected rows to ${path}: ${why}`,
      { path },
      { cause },
    );
  }
  for (const { file } of rejected) files.add(file);
  written.set(path, files);
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
