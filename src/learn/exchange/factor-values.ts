import { rowOf } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';
import type { FactorTable } from './factor-table.js';

/**
 * Refuses numbers that no score can be made of.
 * @returns how many rows are all zero: they score 0 with everything
 * @throws ShortlistError `non-finite-factors`, `factors-zero` when all rows are zero
 */
export function checkValues({ name, factors }: FactorTable): number {
  let zeroRows = 0;
  let badRows = 0;
  let firstBad = -1;
  for (let row = 0; row < factors.rows; row++) {
    let isZero = true;
    let isUsable = true;
    for (const value of rowOf(factors, row)) {
      if (value !== 0) isZero = false;
      if (!Number.isFinite(value)) isUsable = false;
    }
    if (isZero) zeroRows++;
    if (isUsable) continue;
    badRows++;
    if (firstBad === -1) firstBad = row;
  }
  if (badRows > 0) {
    throw new ShortlistError(
      'non-finite-factors',
      `${name} has NaN, infinite values or numbers beyond 32 bits in ${badRows} of ${factors.rows} rows, the first in ` +
        `row ${firstBad} (counted from 0). Train again, with more regularization or a lower learning rate.`,
      { file: name, rows: badRows, first: firstBad },
    );
  }
  if (zeroRows === factors.rows) {
    throw new ShortlistError('factors-zero', `All ${factors.rows} rows of ${name} are zero: nothing can be ranked.`, {
      file: name,
      rows: factors.rows,
    });
  }
  return zeroRows;
}
