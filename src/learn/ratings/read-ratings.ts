import { type DuckDbSession, sqlString, withDuckDb } from '../../base/tables/duckdb.js';
import type { WantedColumns } from '../../base/tables/layout.js';
import { loadUsableRows, type TableOptions } from '../../base/tables/usable-rows.js';
import { ShortlistError } from '../../errors.js';
import { readingOf } from './describe-rows.js';
import { isLog } from './event-log.js';
import { withIdRemarks } from './id-remarks.js';
import {
  aboutTypes,
  checkInteractionOptions,
  type EventWeights,
  foldedType,
  type InteractionOptions,
} from './interaction-options.js';
import { type InteractionRows, interactionTable } from './interaction-table.js';
import { type RatingColumns, ratingProjection } from './rating-projection.js';
import type { RatingsTable } from './ratings-table.js';
import { settleTimes } from './settle-times.js';

export interface ReadRatingsOptions extends TableOptions, InteractionOptions {
  /** Name of the column with user ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly userColumn?: string | undefined;
  readonly itemColumn?: string | undefined;
  readonly ratingColumn?: string | undefined;
  /** The values where no column of ratings is named or recognised. */
  readonly quantityColumn?: string | undefined;
  readonly timestampColumn?: string | undefined;
  /** The types of events: see `eventWeights`. */
  readonly eventColumn?: string | undefined;
}

type RatingRole = 'user' | 'item' | 'rating' | 'timestamp' | 'quantity' | 'event';

/** Which of the columns that may be missing a file has. */
interface Kind extends RatingColumns {
  readonly name: string;
}

/**
 * Reads ratings, clicks or purchases from tables, one after the other: CSV and other separated text, JSON Lines, JSON arrays
 * or Parquet, plain or gzipped, in UTF-8, UTF-16 or Windows-1252; files, folders, patterns or `-` for standard input. Ids are
 * as `idValue` takes them, times as `secondsValue` does. Rating and timestamp columns may be missing, but from all files alike;
 * where values are no ratings, a row without one counts as 1. Rows with the same user and item become one, see `repeats`.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `bad-rows`, `no-usable-rows`,
 *   `rows-lost`, `disk-full`, `output-unwritable` (the rejects), `invalid-option`
 */
export async function readRatings(
  file: string | readonly string[],
  options: ReadRatingsOptions = {},
): Promise<RatingsTable> {
  const files = typeof file === 'string' ? [file] : file;
  if (files.length === 0) throw new ShortlistError('invalid-option', 'No ratings file given; name at least one.');
  checkInteractionOptions(options);
  const { eventWeights, ratingColumn, quantityColumn } = options;
  if (eventWeights && ratingColumn !== undefined) {
    throw new ShortlistError(
      'invalid-option',
      'Give either `ratingColumn` or `eventWeights`: both say what a row weighs.',
    );
  }
  const wanted: WantedColumns<RatingRole> = {
    positions: ['user', 'item', 'rating', 'timestamp'],
    byName: ['quantity', 'event'],
    required: ['user', 'item'],
    named: {
      user: options.userColumn,
      item: options.itemColumn,
      rating: ratingColumn,
      quantity: quantityColumn,
      timestamp: options.timestampColumn,
      event: options.eventColumn,
    },
    headerless: options.headerless,
    isUtf8: isLog,
  };
  return withDuckDb(async session => {
    const kinds: Kind[] = [];
    const fileReadings = await loadUsableRows(session, files, wanted, options.skipBadRows ?? false, (columns, name) => {
      const typed = columns.event !== undefined;
      const kind = { name, value: valueColumn(columns, options, typed), timed: columns.timestamp !== undefined, typed };
      kinds.push(kind);
      requireSame('timestamp', kinds, ({ timed }) => timed);
      return ratingProjection(kind);
    });
    const rejected = fileReadings.reduce((sum, { bad }) => sum + bad, 0);
    const isOrderKnown = await settleTimes(session, fileReadings);
    const reading = await readingOf(session, fileReadings, isOrderKnown);
    const types = await weighEvents(session, kinds, eventWeights);
    const rated = eventWeights !== undefined || kinds.some(({ value }) => value !== undefined);
    const rows = await fetchRows(session, rated, kinds[0]?.timed ?? false);
    const { leftOut } = types;
    if (rows.users.length === 0) {
      const why = [
        ...(rejected > 0 ? [`all ${rejected} rows are bad`] : []),
        ...(leftOut > 0 ? [`the weights of the types leave ${leftOut} rows out. ${types.notes.join(' ')}`] : []),
      ];
      const reason = why.join(', and ') || 'there are no rows';
      throw new ShortlistError('no-usable-rows', `No ratings in ${files.join(', ')}: ${reason.replace(/\.$/, '')}.`, {
        files,
        rejected,
      });
    }
    const quantities = eventWeights !== undefined || kinds.some(({ value }) => value === 'quantity');
    const notes = [...types.notes, ...aboutValues(kinds, options)];
    const table = interactionTable({ ...rows, quantities, rejected, leftOut, notes }, options);
    if (table.valueKind === 'ratings') requireSame('rating', kinds, ({ value }) => value !== undefined);
    return withIdRemarks(table, reading);
  });
}

/** Which column has the values. Where types are weighed, ratings beside them would weigh once more. */
function valueColumn(
  { rating, quantity }: Readonly<Partial<Record<RatingRole, number>>>,
  { ratingColumn, quantityColumn, eventWeights }: ReadRatingsOptions,
  typed: boolean,
): RatingColumns['value'] {
  const ratingCounts = ratingColumn !== undefined || (quantityColumn === undefined && rating !== quantity);
  if (rating !== undefined && ratingCounts && !(typed && eventWeights)) return 'rating';
  return quantity === undefined ? undefined : 'quantity';
}

/** Files that are read together must agree on whether they have a column. */
function requireSame(role: 'rating' | 'timestamp', kinds: readonly Kind[], has: (kind: Kind) => boolean): void {
  const having = kinds.find(has);
  const lacking = kinds.find(kind => !has(kind));
  if (!having || !lacking) return;
  throw new ShortlistError(
    'missing-column',
    `${having.name} has a ${role} column and ${lacking.name} has none; files that are read together must agree. ` +
      `Name the column with \`${role}Column\`, or read the files separately.`,
    { file: lacking.name, role },
  );
}

/** Lines on values that files have under different names, or not at all. */
function aboutValues(kinds: readonly Kind[], { values, eventWeights }: ReadRatingsOptions): string[] {
  const quantity = kinds.find(({ value }) => value === 'quantity');
  const rating = kinds.find(({ value }) => value === 'rating');
  const bare = kinds.find(({ value, typed }) => value === undefined && !(typed && eventWeights));
  const notes = [];
  if (rating && (quantity || eventWeights) && values === undefined) {
    notes.push(
      `The ratings in ${rating.name} are taken as quantities${quantity ? `, like those in ${quantity.name}` : ''}.`,
    );
  }
  if (bare && kinds.length > 1 && (quantity ?? rating))
    notes.push(`Rows of ${bare.name} have no value and count as 1.`);
  return notes;
}

/** Makes the view `weighed` of `usable`: with the weight of its type, an event counts as much, and without one not at all. */
async function weighEvents(
  session: DuckDbSession,
  kinds: readonly Kind[],
  weights: EventWeights | undefined,
): Promise<ReturnType<typeof aboutTypes>> {
  const typed = kinds.some(kind => kind.typed);
  if (weights && !typed) {
    throw new ShortlistError(
      'missing-column',
      '`eventWeights` need a column with the types of events, and none is recognised. Name it with `eventColumn`.',
      { file: kinds[0]?.name ?? '', role: 'event' },
    );
  }
  const cases = Object.entries(weights ?? {}).map(
    ([type, weight]) => `WHEN event_type = ${sqlString(foldedType(type))} THEN ${weight}::FLOAT`,
  );
  const weight = weights ? `CASE WHEN event_type IS NULL THEN 1::FLOAT ${cases.join(' ')} ELSE 0 END` : undefined;
  await session.run(
    weight
      ? `CREATE TEMP VIEW weighed AS SELECT * REPLACE ((rating * ${weight})::FLOAT AS rating) FROM usable WHERE ${weight} <> 0`
      : 'CREATE TEMP VIEW weighed AS SELECT * FROM usable',
  );
  if (!typed || (!weights && kinds.some(({ value }) => value === 'rating'))) return { notes: [], leftOut: 0 };
  const counts = await session.rows(
    'SELECT event_type, count(*) FROM usable WHERE event_type IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1',
  );
  return aboutTypes(new Map(counts.map(([type, count]) => [String(type), Number(count)])), weights);
}

/** Replaces the ids of `weighed` by positions in the order of first appearance and brings the columns over. */
async function fetchRows(
  session: DuckDbSession,
  rated: boolean,
  timed: boolean,
): Promise<Omit<InteractionRows, 'quantities' | 'rejected' | 'leftOut' | 'notes'>> {
  const idsOf = async (table: string, column: string): Promise<string[]> => {
    await session.run(`CREATE TEMP TABLE ${table} AS
      SELECT id, (row_number() OVER (ORDER BY first) - 1)::UINTEGER AS index
      FROM (SELECT ${column} AS id, min(position) AS first FROM weighed GROUP BY id)`);
    return session.texts(`SELECT id FROM ${table} ORDER BY index`);
  };
  const userIds = await idsOf('users', 'user_id');
  const itemIds = await idsOf('items', 'item_id');
  const rows = await session.number('SELECT count(*) FROM weighed');
  const users = new Uint32Array(rows);
  const items = new Uint32Array(rows);
  const values = new Float32Array(rows).fill(1);
  const timestamps = timed ? new Float64Array(rows) : null;

  const columns = [users, items, ...(rated ? [values] : []), ...(timestamps ? [timestamps] : [])];
  let done = 0;
  for await (const chunk of session.numbers(`SELECT users.index, items.index
    ${rated ? ', rating' : ''} ${timed ? ', seconds' : ''}
    FROM weighed JOIN users ON user_id = users.id JOIN items ON item_id = items.id ORDER BY position`)) {
    columns.forEach((column, index) => void column.set(chunk[index]!, done));
    done += chunk[0]!.length;
  }
  return { userIds, itemIds, users, items, values, timestamps, rated };
}
