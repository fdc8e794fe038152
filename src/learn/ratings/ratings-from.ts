import { GrowingArray } from '../../base/numeric/growing-array.js';
import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { ShortlistError } from '../../errors.js';
import { aboutTypes, checkInteractionOptions, foldedType, type InteractionOptions } from './interaction-options.js';
import { interactionTable } from './interaction-table.js';
import type { RatingsTable } from './ratings-table.js';

/** What a user thought of an item, or that they met: a row of a database, for example. */
export interface Rating {
  readonly userId: string;
  readonly itemId: string;
  /** Stars, a quantity, a weight. All rows have one, or none has: clicks and purchases. */
  readonly rating?: number | null | undefined;
  /** A date, or seconds or milliseconds since 1970. All rows have one, or none has. */
  readonly timestamp?: Date | number | null | undefined;
  /** The type of an event, such as `purchase`, which `eventWeights` weigh. */
  readonly event?: string | null | undefined;
}

/**
 * Takes ratings that are in memory, or come one after the other from a database. Several rows of a user and an item become
 * one, as in `readRatings`.
 * @throws {ShortlistError} `bad-rows` for the first row that cannot be used, `no-usable-rows` when there is none,
 *   `invalid-option`
 */
export async function ratingsFrom(
  rows: Iterable<Rating> | AsyncIterable<Rating>,
  options: InteractionOptions = {},
): Promise<RatingsTable> {
  checkInteractionOptions(options);
  const { eventWeights } = options;
  const weightOf = new Map(Object.entries(eventWeights ?? {}).map(([type, weight]) => [foldedType(type), weight]));
  const types = new Map<string, number>();
  const userOf = new Map<string, number>();
  const itemOf = new Map<string, number>();
  const users = new GrowingArray(length => new Uint32Array(length));
  const items = new GrowingArray(length => new Uint32Array(length));
  const values = new GrowingArray(length => new Float32Array(length));
  const timestamps = new GrowingArray(length => new Float64Array(length));
  let rated = false;
  let timed = false;
  let row = 0;
  for await (const { userId, itemId, rating, timestamp, event } of rows) {
    const refuse = (reason: string) => badRow(row, reason);
    checkId('userId', userId, refuse);
    checkId('itemId', itemId, refuse);
    const hasRating = rating !== undefined && rating !== null;
    const hasTime = timestamp !== undefined && timestamp !== null;
    if (row === 0) [rated, timed] = [hasRating, hasTime];
    if (hasRating !== rated) throw refuse(`it has ${rated ? 'no' : 'a'} rating, unlike the first row`);
    if (hasTime !== timed) throw refuse(`it has ${timed ? 'no' : 'a'} timestamp, unlike the first row`);
    const value = Math.fround(hasRating ? rating : 1);
    const seconds = hasTime ? secondsOf(timestamp) : 0;
    if (!Number.isFinite(value)) throw refuse(`the rating ${rating} is not a finite number`);
    if (!Number.isFinite(seconds)) throw refuse(`the timestamp ${timestamp} is not a time`);
    row++;
    const hasType = event !== undefined && event !== null;
    if (hasType) types.set(foldedType(event), (types.get(foldedType(event)) ?? 0) + 1);
    const weight = hasType && eventWeights ? (weightOf.get(foldedType(event)) ?? 0) : 1;
    if (weight === 0) continue;
    users.push(indexOf(userOf, userId));
    items.push(indexOf(itemOf, itemId));
    values.push(Math.fround(value * weight));
    if (timed) timestamps.push(seconds);
  }
  if (row === 0) throw new ShortlistError('no-usable-rows', 'There are no ratings: no row came.');
  const { notes, leftOut } = rated && !eventWeights ? { notes: [], leftOut: 0 } : aboutTypes(types, eventWeights);
  if (leftOut === row) {
    throw new ShortlistError(
      'no-usable-rows',
      `There are no ratings: all ${row} rows are left out. ${notes.join(' ')}`,
    );
  }
  const table = {
    userIds: [...userOf.keys()],
    itemIds: [...itemOf.keys()],
    users: users.values(),
    items: items.values(),
    values: values.values(),
    timestamps: timed ? timestamps.values() : null,
    rated: rated || eventWeights !== undefined,
    quantities: eventWeights !== undefined,
    rejected: 0,
    leftOut,
    notes,
  };
  return interactionTable(table, options);
}

function indexOf(indices: Map<string, number>, id: string): number {
  const known = indices.get(id);
  if (known !== undefined) return known;
  indices.set(id, indices.size);
  return indices.size - 1;
}

function checkId(name: string, id: unknown, refuse: (reason: string) => ShortlistError): void {
  if (typeof id !== 'string') throw refuse(`${name} is ${id === null ? 'null' : `a ${typeof id}`}, expected a string`);
  if (id === '' || id.length > MAX_ID_LENGTH) {
    throw refuse(`${name} has ${id.length} characters, expected 1 to ${MAX_ID_LENGTH}`);
  }
}

/** Numbers from 10^11 on are milliseconds, as in files: seconds would be beyond the year 5138. */
function secondsOf(timestamp: Date | number): number {
  const number = timestamp instanceof Date ? timestamp.getTime() : timestamp;
  return timestamp instanceof Date || Math.abs(number) >= 1e11 ? number / 1000 : number;
}

function badRow(row: number, reason: string): ShortlistError {
  return new ShortlistError('bad-rows', `Row ${row + 1}: ${reason}.`, {
    total: 1,
    rows: [{ file: 'rows', line: row + 1, reason }],
  });
}
