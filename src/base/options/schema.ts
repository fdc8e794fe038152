import { z } from 'zod';
import { expectationOf, type NumberRange } from './option.js';

// Schemas made from descriptions of options, in a file of its own: worker threads do without zod.

/** The option as a number of JSON. */
export function numberSchema(option: NumberRange): z.ZodType<number, number> {
  const error = `expected ${expectationOf(option)}`;
  const { min, max } = option;
  // Aborting, so that of a long list of wrong ones the first is enough, where that is asked for.
  const outOfRange = { error, abort: true };
  return (option.kind === 'integer' ? z.int(error) : z.number(error)).min(min, outOfRange).max(max, outOfRange);
}

/** The option as text, such as the value of a flag: decimal digits, for a real one perhaps with an exponent. */
export function numberTextSchema(option: NumberRange): z.ZodType<number, string> {
  const digits = option.kind === 'integer' ? /^-?\d+$/ : /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  return z
    .string()
    .trim()
    .regex(digits, `expected ${expectationOf(option)}`)
    .transform(Number)
    .pipe(numberSchema(option));
}

/** Finite numbers under some names, as fields of an object: for files whose values were in range when they were written. */
export function numbers<Name extends string>(names: readonly Name[]): Readonly<Record<Name, z.ZodNumber>> {
  return Object.fromEntries(names.map(name => [name, z.number()])) as Record<Name, z.ZodNumber>;
}
