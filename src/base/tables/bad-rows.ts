import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, ShortlistError } from '../../errors.js';
import { type DuckDbSession, sqlString } from './duckdb.js';

/** One row that cannot be used. */
export interface BadRow {
  readonly file: string;
  /** Line in the (unpacked) file from 1; for Parquet the row from 1. */
  readonly line: number;
  readonly reason: string;
}

/** Bad rows shown in the message: enough to see a pattern, few enough to read. */
const SHOWN_ROWS = 5;

/** Where bad rows go when the caller skips them without naming a file. */
export const DEFAULT_REJECTS_FILE = 'data/rejected-rows.csv';

/**
 * Deals with the rows of the view `bad` (`position`, `file`, `line`, `reason`, `content`).
 * @param skip false to stop at them, a path to write them to (CSV, replaced if it exists), true for the default path
 * @returns how many were skipped
 * @throws ShortlistError `bad-rows` or `output-unwritable`
 */
export async function handleBadRows(session: DuckDbSession, skip: boolean | string): Promise<number> {
  const { connection } = session;
  const total = Number((await connection.runAndReadAll('SELECT count(*) FROM bad')).getRows()[0]?.[0]);
  if (total === 0) return 0;
  if (skip === false) throw await badRowsError(session, total);
  const path = skip === true ? DEFAULT_REJECTS_FILE : skip;
  try {
    await mkdir(dirname(path), { recursive: true });
    await connection.run(
      `COPY (SELECT file, line, reason, content FROM bad ORDER BY position) TO ${sqlString(path)} (FORMAT csv, HEADER)`,
    );
  } catch (error) {
    const why = messageOf(error).split('\n')[0];
    throw new ShortlistError(
      'output-unwritable',
      `Cannot write the ${total} rejected rows to ${path}: ${why}`,
      { path },
      { cause: error },
    );
  }
  return total;
}

async function badRowsError({ connection }: DuckDbSession, total: number): Promise<ShortlistError> {
  const first = await connection.runAndReadAll(
    `SELECT file, line::INTEGER, reason FROM bad ORDER BY position LIMIT ${SHOWN_ROWS}`,
  );
  const rows = first
    .getRows()
    .map(([file, line, reason]): BadRow => ({ file: String(file), line: Number(line), reason: String(reason) }));
  const shown = rows.map(row => `  ${row.file}, line ${row.line}: ${row.reason}`);
  if (total > rows.length) shown.push(`  … and ${total - rows.length} more`);
  return new ShortlistError(
    'bad-rows',
    `${total} bad ${total === 1 ? 'row' : 'rows'}. Correct them, or skip them with --skip-bad-rows:\n${shown.join('\n')}`,
    { total, rows },
  );
}
