import { type DuckDbSession, withDuckDb } from '../../base/tables/duckdb.js';
import { idProblems, idValue } from '../../base/tables/field-values.js';
import type { WantedColumns } from '../../base/tables/layout.js';
import type { Projection } from '../../base/tables/records.js';
import { loadUsableRows, type TableOptions } from '../../base/tables/usable-rows.js';
import { ShortlistError } from '../../errors.js';

export interface ReadRecommendationsOptions extends Pick<TableOptions, 'skipBadRows'> {
  /** Name of the column with user ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly userColumn?: string | undefined;
  readonly itemColumn?: string | undefined;
  readonly rankColumn?: string | undefined;
  readonly scoreColumn?: string | undefined;
}

type ListRole = 'user' | 'item' | 'rank' | 'score';

/** By what the rows of a user are put in order. */
export type ListOrder = 'rank' | 'score' | 'file';

/** Lists of recommendations that some system made: one row for each place, user by user, best first. */
export interface Recommendations {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** Position in `userIds` of each row, ascending. */
  readonly users: Uint32Array;
  /** Position in `itemIds` of each row. */
  readonly items: Uint32Array;
  readonly order: ListOrder;
  /** Bad rows that were skipped. */
  readonly rejected: number;
}

/**
 * Reads lists from the kinds of files that ratings may have. Rows of a user are ordered by rank (1 or 0 is the best), else
 * by score (the highest is the best), else as they stand in the file; ties too stay as they stand. A column that is called
 * a score but numbers the items of every user from 1 or 0 on is a rank.
 * @throws ShortlistError as reading ratings does
 */
export async function readRecommendations(
  file: string,
  options: ReadRecommendationsOptions = {},
): Promise<Recommendations> {
  const wanted: WantedColumns<ListRole> = {
    positions: ['user', 'item', 'score', 'rank'],
    required: ['user', 'item'],
    named: {
      user: options.userColumn,
      item: options.itemColumn,
      rank: options.rankColumn,
      score: options.scoreColumn,
    },
  };
  return withDuckDb(async session => {
    let order = 'file' as ListOrder;
    await loadUsableRows(session, [file], wanted, options.skipBadRows ?? false, columns => {
      if (columns.rank !== undefined && options.scoreColumn === undefined) order = 'rank';
      else if (columns.score !== undefined) order = 'score';
      return listProjection(order);
    });
    const rejected = await session.number('SELECT count(*) FROM bad');
    if ((await session.number('SELECT count(*) FROM usable')) === 0) {
      throw new ShortlistError('no-usable-rows', `No recommendations in ${file}.`, { files: [file], rejected });
    }
    if (order === 'score' && options.scoreColumn === undefined && (await countsPlaces(session))) order = 'rank';
    const userIds = await idsOf(session, 'users', 'user_id');
    const itemIds = await idsOf(session, 'items', 'item_id');
    return { userIds, itemIds, ...(await placesOf(session, order)), order, rejected };
  });
}

function listProjection(order: ListOrder): Projection {
  const number = `try_cast(${order} AS DOUBLE)`;
  const columns = {
    user_id: idValue('"user"'),
    item_id: idValue('item'),
    place: order === 'file' ? 'NULL::DOUBLE' : number,
  };
  const problems = [...idProblems('"user"', 'user'), ...idProblems('item', 'item')];
  if (order === 'file') return { columns, problems };
  const problem = `WHEN NOT coalesce(isfinite(${number}), false)
    THEN 'the ${order} "' || left(coalesce(${order}, ''), 40) || '" is not a finite number'`;
  return { columns, problems: [...problems, problem] };
}

/** Whether the numbers of every user are 1, 2, 3, … or 0, 1, 2, …, and some user has several. */
async function countsPlaces(session: DuckDbSession): Promise<boolean> {
  const [row] = await session.rows(`SELECT bool_and(least IN (0, 1) AND most = least + rows - 1 AND different = rows),
    max(rows) > 1 FROM (
      SELECT min(place) AS least, max(place) AS most, count(DISTINCT place) AS different, count(*) AS rows
      FROM usable GROUP BY user_id)`);
  return row?.[0] === true && row[1] === true;
}

/** Numbers the ids of a column in the order of first appearance. */
async function idsOf(session: DuckDbSession, table: string, column: string): Promise<string[]> {
  await session.run(`CREATE TEMP TABLE ${table} AS
    SELECT id, (row_number() OVER (ORDER BY first) - 1)::UINTEGER AS index
    FROM (SELECT ${column} AS id, min(position) AS first FROM usable GROUP BY id)`);
  return session.texts(`SELECT id FROM ${table} ORDER BY index`);
}

async function placesOf(session: DuckDbSession, order: ListOrder): Promise<Pick<Recommendations, 'users' | 'items'>> {
  const rows = await session.number('SELECT count(*) FROM usable');
  const users = new Uint32Array(rows);
  const items = new Uint32Array(rows);
  const best = order === 'file' ? '' : `place ${order === 'score' ? 'DESC' : 'ASC'},`;
  let done = 0;
  for await (const [user = [], item = []] of session.numbers(`SELECT users.index, items.index
    FROM usable JOIN users ON user_id = users.id JOIN items ON item_id = items.id
    ORDER BY users.index, ${best} position`)) {
    users.set(user, done);
    items.set(item, done);
    done += user.length;
  }
  return { users, items };
}
