import { rowOf } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';
import type { FactorTable } from './factor-table.js';

/** More factors than are ever trained: a matrix with more columns is taken for a transposed one. */
const MAX_FACTORS = 4096;

/**
 * Both tables must have the same number of factors, one row per user or item. The two directions are often
 * mixed up, so shapes that would fit after transposing a matrix have an error of their own.
 * @throws ShortlistError `factors-transposed`, `factors-mismatched`
 */
export function checkShapes(users: FactorTable, items: FactorTable): void {
  const [u, i] = [users.factors, items.factors];
  const shapes = `${shapeOf(users)}, ${shapeOf(items)}`;
  if (u.columns === i.columns) {
    if (u.columns > MAX_FACTORS) throw transposed([users, items], shapes);
    return;
  }
  if (u.rows === i.rows) throw transposed([users, items], shapes);
  if (u.rows === i.columns) throw transposed([users], shapes);
  if (u.columns === i.rows) throw transposed([items], shapes);
  throw new ShortlistError(
    'factors-mismatched',
    `Users and items must have the same number of factors, but ${shapes}. Give two files of the same training run.`,
    { users: u.columns, items: i.columns },
  );
}

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

/** The error for matrices that hold a factor in each row instead of a user or an item. */
export function transposed(tables: readonly FactorTable[], evidence: string): ShortlistError {
  const names = tables.map(({ name }) => name).join(' and ');
  return new ShortlistError(
    'factors-transposed',
    `${names} ${tables.length > 1 ? 'look' : 'looks'} transposed: ${evidence}. Expected one row per user or item and one column per factor. ` +
      'Save it the other way round: numpy.save(file, numpy.ascontiguousarray(x.T)).',
    { files: tables.map(({ name }) => name) },
  );
}

function shapeOf({ name, factors }: FactorTable): string {
  return `${name} is ${factors.rows} x ${factors.columns}`;
}
