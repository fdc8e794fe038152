import type { DuckDbSession } from '../../base/tables/duckdb.js';
import { TIME_FORM } from '../../base/tables/field-values.js';
import type { FileReading } from '../../base/tables/file-reading.js';
import { placeOf } from '../../base/tables/row-place.js';
import { ShortlistError } from '../../errors.js';

const TIME = 'make_timestamp((seconds * 1000000)::BIGINT)';
/** The number that was taken for a day. */
const NUMBER = `strftime(${TIME}, '%Y%m%d')::DOUBLE`;
/** The time whose month was taken for the day. */
const MONTH_BEFORE_DAY = `seconds - epoch(date_trunc('day', ${TIME}))
  + epoch(make_timestamp(year(${TIME}), day(${TIME}), month(${TIME}), 0, 0, 0))`;

/**
 * Settles in the view `usable` what the times of all files together tell: whether `01/02/2026` is a day in January or in
 * February, and whether `20260102` is a day. A date with a part above 12 tells the order of all; without any the day comes
 * first. Eight digits are days where all times are.
 * @returns false where nothing tells the order of day and month
 * @throws ShortlistError `bad-rows` where some dates have the day first and others the month
 */
export async function settleTimes(session: DuckDbSession, files: readonly FileReading[]): Promise<boolean> {
  const { COMPACT, EITHER_FIRST, DAY_FIRST, MONTH_FIRST } = TIME_FORM;
  const counts = [COMPACT, EITHER_FIRST, DAY_FIRST, MONTH_FIRST].map(form => `count(*) FILTER (time_form = ${form})`);
  const firsts = [DAY_FIRST, MONTH_FIRST].map(form => `min(position) FILTER (time_form = ${form})`);
  const [found = []] = await session.rows(`SELECT count(*), ${[...counts, ...firsts]} FROM usable`);
  const [all = 0, compact = 0, either = 0, dayFirst = 0, monthFirst = 0, firstDay = 0, firstMonth = 0] =
    found.map(Number);
  if (dayFirst > 0 && monthFirst > 0) {
    const rows = [
      { ...placeOf(files, firstDay), reason: 'the date has the day first' },
      { ...placeOf(files, firstMonth), reason: 'the date has the month first' },
    ];
    const places = rows.map(({ file, line, reason }) => `  ${file}, line ${line}: ${reason}`);
    throw new ShortlistError(
      'bad-rows',
      `The dates do not agree on their order. Write them all alike, best as 2026-12-31:\n${places.join('\n')}`,
      { total: Math.min(dayFirst, monthFirst), rows },
    );
  }
  const changes = [
    ...(compact > 0 && compact < all ? [`WHEN time_form = ${COMPACT} THEN ${NUMBER}`] : []),
    ...(either > 0 && monthFirst > 0 ? [`WHEN time_form = ${EITHER_FIRST} THEN ${MONTH_BEFORE_DAY}`] : []),
  ];
  if (changes.length > 0) {
    await session.run('ALTER VIEW usable RENAME TO unsettled');
    await session.run(`CREATE TEMP VIEW usable AS
      SELECT * REPLACE (CASE ${changes.join(' ')} ELSE seconds END AS seconds) FROM unsettled`);
  }
  return either === 0 || dayFirst + monthFirst > 0;
}
