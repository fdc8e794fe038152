import type { Projection } from '../../base/tables/records.js';

/** Longest id that is accepted, in characters: real ones have tens, and a whole line taken for an id has more. */
export const MAX_ID_LENGTH = 1024;

/**
 * What is kept of a record of ratings (`user_id`, `item_id`, `rating` as FLOAT, `seconds` as DOUBLE) and what makes it
 * unusable.
 */
export function ratingProjection(rated: boolean, timed: boolean): Projection {
  const rating = 'try_cast(rating AS FLOAT)';
  return {
    columns: {
      user_id: '"user"',
      item_id: 'item',
      rating: rated ? rating : '1::FLOAT',
      seconds: timed ? SECONDS : 'NULL::DOUBLE',
    },
    problems: [
      ...idProblems('"user"', 'user'),
      ...idProblems('item', 'item'),
      ...(rated
        ? [`WHEN NOT coalesce(isfinite(${rating}), false) THEN ${unreadableValue('rating', 'a finite number')}`]
        : []),
      ...(timed
        ? [
            `WHEN ${SECONDS} IS NULL THEN ${unreadableValue('timestamp', 'a time (seconds, milliseconds or an ISO date)')}`,
          ]
        : []),
    ],
  };
}

/** Clauses for an id that is missing or too long. */
export function idProblems(column: string, role: string): string[] {
  return [
    `WHEN coalesce(${column}, '') = '' THEN 'the ${role} id is empty'`,
    `WHEN length(${column}) > ${MAX_ID_LENGTH}
      THEN 'the ${role} id has ' || length(${column}) || ' characters, at most ${MAX_ID_LENGTH} are allowed'`,
  ];
}

const NUMBER = 'try_cast("timestamp" AS DOUBLE)';
/**
 * Seconds since 1970. Numbers from 10^11 on are milliseconds: as seconds they would be beyond the year 5138, and as
 * milliseconds they begin in 1973; from 10^14 on they are neither.
 */
const SECONDS = `coalesce(
  CASE WHEN abs(${NUMBER}) < 1e11 THEN ${NUMBER} WHEN abs(${NUMBER}) < 1e14 THEN ${NUMBER} / 1000 END,
  epoch(try_cast("timestamp" AS TIMESTAMPTZ)))`;

function unreadableValue(column: string, expected: string): string {
  return `'the ${column} "' || left(coalesce("${column}", ''), 40) || '" is not ${expected}'`;
}
