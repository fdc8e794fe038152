import { ShortlistError } from '../../errors.js';
import { MAX_ID_LENGTH } from '../ratings/rating-projection.js';
import { transposed } from './checks.js';
import type { FactorTable, Side } from './factor-table.js';
import type { IdFile } from './id-file.js';

/**
 * The external ids of the rows. With a map: that of the row's number or, where the file has ids (Spark's are whole
 * numbers), of the number in its id column. Without one: the id column, or the row's number from 0.
 * @throws ShortlistError `ids-mismatched`, `factors-transposed`, `duplicate-ids`
 */
export function rowIds(table: FactorTable, side: Side, map?: IdFile): string[] {
  const { name, factors, ids } = table;
  if (map?.isList && !ids && map.ids.size !== factors.rows) {
    const counts = `${map.name} has ${map.ids.size} ids, and ${name} has ${factors.rows} rows of ${factors.columns}`;
    if (map.ids.size === factors.columns) throw transposed([table], `${counts}`);
    throw new ShortlistError('ids-mismatched', `${counts} factors: expected one id for each row.`, {
      ids: map.ids.size,
      rows: factors.rows,
    });
  }
  const named = Array.from({ length: factors.rows }, (_, row) => {
    const own = ids?.[row] ?? String(row);
    const id = map ? map.ids.get(/^\d{1,15}$/.test(own) ? Number(own) : -1) : own;
    if (id !== undefined) return id;
    throw new ShortlistError(
      'ids-mismatched',
      `${map?.name} has no id for "${own}", row ${row} (counted from 0) of ${name}; ` +
        'expected one id a line, or two columns: number and id.',
      { row, number: own },
    );
  });
  const rowOf = new Map<string, number>();
  named.forEach((id, row) => {
    const other = rowOf.get(id);
    if (other !== undefined) {
      const remedy = map
        ? 'Every id may occur once.'
        : `If the first column is no id, give the ids with --${side}-ids.`;
      throw new ShortlistError(
        'duplicate-ids',
        `The ${side} id "${id}" belongs to rows ${other} and ${row} (counted from 0) of ${name}. ${remedy}`,
        { id, rows: [other, row] },
      );
    }
    if (id === '' || id.length > MAX_ID_LENGTH) {
      throw new ShortlistError(
        'ids-mismatched',
        `The ${side} id of row ${row} (counted from 0) of ${name} has ${id.length} characters; expected 1 to ${MAX_ID_LENGTH}.`,
        { row, length: id.length },
      );
    }
    rowOf.set(id, row);
  });
  return named;
}
