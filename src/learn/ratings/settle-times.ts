import type { DuckDbSession } from '../../base/tables/duckdb.js';
import { TIME_FORM } from '../../base/tables/field-values.js';
import type { FileReading } from '../../base/tables/file-reading.js';
import { placeOf } from '../../base/tables/row-place.js';
import { ShortlistError } from '../../errors.js';

const TIME = 'make_timestamp((seconds * 1000000)::BIGINT)';
/** The number that was taken for a day. */
const NUMBER = `strftime(${TIME}, '%Y%m%d')::DOUBLE`;
/** The time whose month was taken for the day. */
const MONTH_FIRST = `seconds - epoch(date_trunc('day', ${TIME}))
  + epoch(make_timestamp(year(${TIME}), day(${TIME}), month(${TIME}), 0, 0, 0))`;

/**
 * Settles in the view `usable` what the times of all files together tell: whether `01/02/2026` is a day in January or in
 * February, and whether `20260102` is a day. A date with a part above 12 tells the order of all; without any the day comes
 * first. Eight digits are days where all times are.
 * @returns false where nothing tells the order of day and month
 * @throws ShortlistError `bad-rows` where some dates have the day first and others the month
 */
export async function settleTimes(session: DuckDbSession, files: readonly FileReading[]): Promise<boolean> {
  const { COMPACT, EITHER_FIRST, DAY_FIRST } = TIME_FORM;
  const forms = await session.rows(`SELECT time_form, count(*), min(position) FROM usable GROUP BY time_form`);
  const found = new Map(forms.map(([form, rows, first]) => [form, { rows: Number(rows), first: Number(first) }]));
  const dayFirst = found.get(DAY_FIRST);
  const monthFirst = found.get(TIME_FORM.MONTH_FIRST);
  if (dayFirst && monthFirst) {
    const rows = [
      { ...placeOf(files, dayFirst.first), reason: 'the date has the day first' },
      { ...placeOf(files, monthFirst.first), reason: 'the date has the month first' },
    ];
    const places = rows.map(({ file, line, reason }) => `  ${file}, line ${line}: ${reason}`);
    throw new ShortlistError(
      'bad-rows',
      `The dates do not agree on their order. Write them all alike, best as 2026-12-31:\n${places.join('\n')}`,
      { total: Math.min(dayFirst.rows, monthFirst.rows), rows },
    );
  }
  const changes = [
    ...(found.has(COMPACT) && found.size > 1 ? [`WHEN time_form = ${COMPACT} THEN ${NUMBER}`] : []),
    ...(found.has(EITHER_FIRST) && monthFirst ? [`WHEN time_form = ${EITHER_FIRST} THEN ${MONTH_FIRST}`] : []),
  ];
  if (changes.length > 0) {
    await session.run('ALTER VIEW usable RENAME TO unsettled');
    await session.run(`CREATE TEMP VIEW usable AS
      SELECT * REPLACE (CASE ${changes.join(' ')} ELSE seconds END AS seconds) FROM unsettled`);
  }
  return !found.has(EITHER_FIRST) || Boolean(dayFirst ?? monthFirst);
}
