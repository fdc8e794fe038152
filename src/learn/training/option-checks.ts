import { ShortlistError } from '../../errors.js';

/** @throws ShortlistError `invalid-option` unless `value` is an integer from `least` to `most` */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most))
    throw outside('an integer', name, value, least, most);
}

/** @throws ShortlistError `invalid-option` unless `value` is a number from `least` to `most` */
export function checkNumber(name: string, value: number, least: number, most: number): void {
  if (!(Number.isFinite(value) && value >= least && value <= most)) throw outside('a number', name, value, least, most);
}

function outside(kind: string, option: string, value: number, least: number, most: number): ShortlistError {
  return new ShortlistError('invalid-option', `${option} must be ${kind} ${range(least, most)}, got ${value}.`, {
    option,
    value,
    least,
    most,
  });
}

function range(least: number, most: number): string {
  const bounds = [
    least === Number.MIN_VALUE ? 'above 0' : least === -Number.MAX_VALUE ? '' : `of at least ${least}`,
    most >= Number.MAX_SAFE_INTEGER ? '' : `at most ${most}`,
  ];
  return bounds.filter(bound => bound !== '').join(' and ') || 'that is finite';
}
