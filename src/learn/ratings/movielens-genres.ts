import { sqlName, sqlString } from '../../base/tables/duckdb.js';
import type { ColumnKey } from '../../base/tables/layout.js';

/** The flags of `u.item` of MovieLens 100k, from its sixth column on. */
const GENRES = (
  'unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical Mystery ' +
  'Romance Sci-Fi Thriller War Western'
).split(' ');
const FIRST = 5;

/** What the columns of `u.item` before the flags are, by position from 0. */
export const MOVIELENS_COLUMNS: Readonly<Record<number, string>> = {
  2: 'release_date',
  3: 'video_release_date',
  4: 'url',
};

/**
 * Whether a file has the columns of `u.item`: as many, without a header.
 * @param categories position of the column that else would be that of the categories: the third, where nobody named one
 */
export function areOfMovieLens(keys: readonly ColumnKey[], categories: number | undefined): boolean {
  const isHeaderless = keys.every((key, position) => key === `${position}:${position + 1}`);
  return categories === 2 && isHeaderless && keys.length === FIRST + GENRES.length;
}

/** SQL for the genres of a row, separated by `|`. @param keys names of the columns of `u.item` */
export function movieLensGenres(keys: readonly ColumnKey[]): string {
  const genres = GENRES.map((genre, i) => `CASE WHEN ${sqlName(keys[FIRST + i]!)} = '1' THEN ${sqlString(genre)} END`);
  return `concat_ws('|', ${genres.join(', ')})`;
}
