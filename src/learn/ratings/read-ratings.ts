import { type DuckDbSession, withDuckDb } from '../../base/tables/duckdb.js';
import type { WantedColumns } from '../../base/tables/layout.js';
import { loadUsableRows, type TableOptions } from '../../base/tables/usable-rows.js';
import { ShortlistError } from '../../errors.js';
import { readingOf } from './describe-rows.js';
import { withoutDuplicates } from './duplicate-rows.js';
import { withIdRemarks } from './id-remarks.js';
import { ratingProjection } from './rating-projection.js';
import type { RatingsTable } from './ratings-table.js';
import { settleTimes } from './settle-times.js';

export interface ReadRatingsOptions extends TableOptions {
  /** Name of the column with user ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly userColumn?: string | undefined;
  readonly itemColumn?: string | undefined;
  readonly ratingColumn?: string | undefined;
  readonly timestampColumn?: string | undefined;
}

type RatingRole = 'user' | 'item' | 'rating' | 'timestamp';

/** Which of the columns that may be missing a file has. */
interface Kind {
  readonly name: string;
  readonly rated: boolean;
  readonly timed: boolean;
}

/**
 * Reads ratings, clicks or purchases from CSV, TSV, `::`-separated text (each plain or gzip) or Parquet files, one after
 * the other. Ids are kept as they are spelled. Rating and timestamp columns may be missing, but from all files alike.
 * Timestamps are seconds or milliseconds since 1970, or ISO 8601 dates (UTC where they name no offset). Text is UTF-8,
 * or Latin-1 where it is not valid UTF-8. Of rows with the same user and item the latest stays, or the last without
 * timestamps.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `bad-rows`, `no-usable-rows`,
 *   `output-unwritable` (the rejects), `invalid-option`
 */
export async function readRatings(
  file: string | readonly string[],
  options: ReadRatingsOptions = {},
): Promise<RatingsTable> {
  const files = typeof file === 'string' ? [file] : file;
  if (files.length === 0) throw new ShortlistError('invalid-option', 'No ratings file given; name at least one.');
  const wanted: WantedColumns<RatingRole> = {
    positions: ['user', 'item', 'rating', 'timestamp'],
    required: ['user', 'item'],
    named: {
      user: options.userColumn,
      item: options.itemColumn,
      rating: options.ratingColumn,
      timestamp: options.timestampColumn,
    },
    headerless: options.headerless,
  };
  return withDuckDb(async session => {
    let first: Kind | undefined;
    const fileReadings = await loadUsableRows(session, files, wanted, options.skipBadRows ?? false, (columns, name) => {
      const kind = { name, rated: columns.rating !== undefined, timed: columns.timestamp !== undefined };
      first ??= kind;
      requireSameColumns(first, kind);
      return ratingProjection(kind.rated, kind.timed);
    });
    const rejected = fileReadings.reduce((sum, { bad }) => sum + bad, 0);
    const isOrderKnown = await settleTimes(session, fileReadings);
    const reading = await readingOf(session, fileReadings, isOrderKnown);
    const table = await fetchTable(session, first?.rated ?? false, first?.timed ?? false);
    if (table.users.length === 0) {
      const why = rejected > 0 ? `all ${rejected} rows are bad` : 'there are no rows';
      throw new ShortlistError('no-usable-rows', `No ratings in ${files.join(', ')}: ${why}.`, { files, rejected });
    }
    return withIdRemarks(withoutDuplicates({ ...table, rejected }), reading);
  });
}

function requireSameColumns(first: Kind, other: Kind): void {
  for (const [role, has, otherHas] of [
    ['rating', first.rated, other.rated],
    ['timestamp', first.timed, other.timed],
  ] as const) {
    if (has === otherHas) continue;
    const [having, lacking] = has ? [first.name, other.name] : [other.name, first.name];
    throw new ShortlistError(
      'missing-column',
      `${having} has a ${role} column and ${lacking} has none; files that are read together must agree. ` +
        `Name the column with \`${role}Column\`, or read the files separately.`,
      { file: lacking, role },
    );
  }
}

/** Replaces the ids of `usable` by positions in the order of first appearance and brings the columns over. */
async function fetchTable(
  session: DuckDbSession,
  rated: boolean,
  timed: boolean,
): Promise<Omit<RatingsTable, 'duplicates' | 'rejected'>> {
  const idsOf = async (table: string, column: string): Promise<string[]> => {
    await session.run(`CREATE TEMP TABLE ${table} AS
      SELECT id, (row_number() OVER (ORDER BY first) - 1)::UINTEGER AS index
      FROM (SELECT ${column} AS id, min(position) AS first FROM usable GROUP BY id)`);
    return session.texts(`SELECT id FROM ${table} ORDER BY index`);
  };
  const userIds = await idsOf('users', 'user_id');
  const itemIds = await idsOf('items', 'item_id');
  const rows = await session.number('SELECT count(*) FROM usable');
  const users = new Uint32Array(rows);
  const items = new Uint32Array(rows);
  const values = new Float32Array(rows).fill(1);
  const timestamps = timed ? new Float64Array(rows) : null;

  const columns = [users, items, ...(rated ? [values] : []), ...(timestamps ? [timestamps] : [])];
  let done = 0;
  for await (const chunk of session.numbers(`SELECT users.index, items.index
    ${rated ? ', rating' : ''} ${timed ? ', seconds' : ''}
    FROM usable JOIN users ON user_id = users.id JOIN items ON item_id = items.id ORDER BY position`)) {
    columns.forEach((column, index) => void column.set(chunk[index]!, done));
    done += chunk[0]!.length;
  }
  return { userIds, itemIds, users, items, values, timestamps, rated };
}
