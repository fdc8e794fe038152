import type { DuckDBDataChunk } from '@duckdb/node-api';
import { handleBadRows } from '../../base/tables/bad-rows.js';
import { type DuckDbSession, sqlString, withDuckDb } from '../../base/tables/duckdb.js';
import { openInputFile } from '../../base/tables/input-file.js';
import { layoutOf, type WantedColumns } from '../../base/tables/layout.js';
import { loadRecords } from '../../base/tables/records.js';
import { ShortlistError } from '../../errors.js';
import { latestRows } from './duplicate-rows.js';
import { ratingProjection } from './rating-projection.js';
import type { RatingsTable } from './ratings-table.js';

export interface ReadRatingsOptions {
  /** Name of the column with user ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly userColumn?: string | undefined;
  readonly itemColumn?: string | undefined;
  readonly ratingColumn?: string | undefined;
  readonly timestampColumn?: string | undefined;
  /**
   * False for text files whose columns are user, item, rating, timestamp in this order (the last two may be missing)
   * from the first line on. Default: seen from the first line.
   */
  readonly header?: boolean | undefined;
  /**
   * False to stop at bad rows. A path to go on without them and write them to that CSV file; true for
   * `data/rejected-rows.csv`. Default false.
   */
  readonly skipBadRows?: boolean | string | undefined;
}

type RatingRole = 'user' | 'item' | 'rating' | 'timestamp';
const POSITIONS: readonly RatingRole[] = ['user', 'item', 'rating', 'timestamp'];

/**
 * Reads ratings, clicks or purchases from CSV, TSV, `::`-separated text (each plain or gzip) or Parquet files, one after
 * the other. Ids are kept as they are spelled. Rating and timestamp columns may be missing, but from all files alike.
 * Timestamps are seconds or milliseconds since 1970, or ISO 8601 dates (UTC where they name no offset). Text is UTF-8,
 * or Latin-1 where it is not valid UTF-8. Of rows with the same user and item the latest stays, or the last without
 * timestamps.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `bad-rows`, `no-usable-rows`,
 *   `output-unwritable` (the rejects), `invalid-option`
 */
export async function readRatings(files: readonly string[], options: ReadRatingsOptions = {}): Promise<RatingsTable> {
  if (files.length === 0) throw new ShortlistError('invalid-option', 'No ratings file given; name at least one.');
  return withDuckDb(async session => {
    const { rated, timed } = await loadFiles(session, files, options);
    const rejected = await handleBadRows(session, options.skipBadRows ?? false);
    const table = await fetchTable(session, rated, timed);
    if (table.users.length === 0) {
      const why = rejected > 0 ? `all ${rejected} rows are bad` : 'there are no rows';
      throw new ShortlistError('no-usable-rows', `No ratings in ${files.join(', ')}: ${why}.`, { files, rejected });
    }
    return withoutDuplicates({ ...table, rejected });
  });
}

/** Loads all files and leaves behind the views `good` and `bad` over them, both with a `position` that orders the rows. */
async function loadFiles(
  session: DuckDbSession,
  names: readonly string[],
  options: ReadRatingsOptions,
): Promise<{ rated: boolean; timed: boolean }> {
  const wanted: WantedColumns<RatingRole> = {
    positions: POSITIONS,
    required: ['user', 'item'],
    named: {
      user: options.userColumn,
      item: options.itemColumn,
      rating: options.ratingColumn,
      timestamp: options.timestampColumn,
    },
    header: options.header,
  };
  const good: string[] = [];
  const bad: string[] = [];
  let first: { name: string; rated: boolean; timed: boolean } | undefined;
  for (const [index, name] of names.entries()) {
    const file = await openInputFile(name, session.scratch);
    const layout = await layoutOf(file, wanted, session);
    const rated = layout.columns.rating !== undefined;
    const timed = layout.columns.timestamp !== undefined;
    first ??= { name, rated, timed };
    requireSameColumns(first, { name, rated, timed });
    const table = `records_${index}`;
    await loadRecords(session, table, file, layout, ratingProjection(rated, timed));
    // 2^40 lines per file is room for more than any file has.
    const position = `(${index}::BIGINT << 40) + rowid AS position`;
    const rows = `FROM ${table} WHERE rowid >= ${file.kind === 'text' && layout.hasHeader ? 1 : 0}`;
    good.push(
      `SELECT ${position}, user_id, item_id, rating, seconds ${rows} AND problem IS NULL AND user_id IS NOT NULL`,
    );
    bad.push(`SELECT ${position}, ${sqlString(name)} AS file, rowid + 1 AS line, problem AS reason, content
      ${rows} AND problem IS NOT NULL`);
  }
  await session.connection.run(`CREATE TEMP VIEW good AS ${good.join(' UNION ALL ')}`);
  await session.connection.run(`CREATE TEMP VIEW bad AS ${bad.join(' UNION ALL ')}`);
  return { rated: first?.rated ?? false, timed: first?.timed ?? false };
}

function requireSameColumns(
  first: { name: string; rated: boolean; timed: boolean },
  other: { name: string; rated: boolean; timed: boolean },
): void {
  for (const [role, has, otherHas] of [
    ['rating', first.rated, other.rated],
    ['timestamp', first.timed, other.timed],
  ] as const) {
    if (has === otherHas) continue;
    const [having, lacking] = has ? [first.name, other.name] : [other.name, first.name];
    throw new ShortlistError(
      'missing-column',
      `${having} has a ${role} column and ${lacking} has none; files that are read together must agree. ` +
        `Name the column with --${role}-column, or read the files separately.`,
      { file: lacking, role },
    );
  }
}

/** Replaces the ids of `good` by positions in the order of first appearance and brings the columns over. */
async function fetchTable(
  { connection }: DuckDbSession,
  rated: boolean,
  timed: boolean,
): Promise<Omit<RatingsTable, 'duplicates' | 'rejected'>> {
  const idsOf = async (table: string, column: string): Promise<string[]> => {
    await connection.run(`CREATE TEMP TABLE ${table} AS
      SELECT id, (row_number() OVER (ORDER BY first) - 1)::UINTEGER AS index
      FROM (SELECT ${column} AS id, min(position) AS first FROM good GROUP BY id)`);
    const ids = await connection.runAndReadAll(`SELECT id FROM ${table} ORDER BY index`);
    return ids.getColumns()[0]?.map(String) ?? [];
  };
  const userIds = await idsOf('users', 'user_id');
  const itemIds = await idsOf('items', 'item_id');
  const rows = Number((await connection.runAndReadAll('SELECT count(*) FROM good')).getRows()[0]?.[0]);
  const users = new Uint32Array(rows);
  const items = new Uint32Array(rows);
  const values = new Float32Array(rows).fill(1);
  const timestamps = timed ? new Float64Array(rows) : null;

  const columns = [users, items, ...(rated ? [values] : []), ...(timestamps ? [timestamps] : [])];
  const result = await connection.stream(`SELECT users.index, items.index
    ${rated ? ', rating' : ''} ${timed ? ', seconds' : ''}
    FROM good JOIN users ON user_id = users.id JOIN items ON item_id = items.id ORDER BY position`);
  let done = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [index, column] of columns.entries()) column.set(valuesOf(chunk, index), done);
    done += chunk.rowCount;
  }
  return { userIds, itemIds, users, items, values, timestamps, rated };
}

/**
 * A column of numbers without nulls as the client holds it. Its declared interface hands out one value at a time, which
 * for ten million rows takes as long as all the rest.
 */
function valuesOf(chunk: DuckDBDataChunk, column: number): ArrayLike<number> {
  return (chunk.getColumnVector(column) as unknown as { readonly items: ArrayLike<number> }).items;
}

function withoutDuplicates(table: Omit<RatingsTable, 'duplicates'>): RatingsTable {
  const { users, items, values, timestamps } = table;
  const kept = latestRows(users, items, timestamps, table.userIds.length, table.itemIds.length);
  const duplicates = users.length - kept.length;
  if (duplicates === 0) return { ...table, duplicates };
  return {
    ...table,
    duplicates,
    users: kept.map(row => users[row]!),
    items: kept.map(row => items[row]!),
    values: Float32Array.from(kept, row => values[row]!),
    timestamps: timestamps && Float64Array.from(kept, row => timestamps[row]!),
  };
}
