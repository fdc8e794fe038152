import { z } from 'zod';

// Schemas for the values of flags. Each one takes the text of the command line, so "abc", "" and "1e9" are judged here.

/** A whole number in decimal digits, from `min` to `max`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const expected = `a whole number ${rangeText(min, max)}`;
  return checked(expected, text => (/^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN), min, max);
}

/** A decimal number, from `min` to `max`. */
export function real(min: number, max: number = Number.POSITIVE_INFINITY) {
  const expected = `a number ${rangeText(min, max)}`.trimEnd();
  return checked(
    expected,
    text => (/^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN),
    min,
    max,
  );
}

/** Some text that is not empty, such as a file or a column's name. */
export function text() {
  return z.string().min(1, 'expected a value that is not empty');
}

/** One or more texts, for a flag whose value is written `FILE...`. */
export function texts() {
  return z.array(text());
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: issue => `expected ${words.join(', ')}, got "${String(issue.input)}"` });
}

/** An on/off flag, off by default. */
export function onOff() {
  return z.boolean().default(false);
}

/** Values of another schema separated by commas, such as `10,20`; each may appear once. */
export function commaList<Value>(value: z.ZodType<Value, string>) {
  return z
    .string()
    .transform(list => list.split(',').map(part => part.trim()))
    .pipe(z.array(value))
    .refine(values => new Set(values).size === values.length, 'expected every value once');
}

/** A value that a parser of our own understands; its error's message is the flag's. */
export function parsedBy<Value>(parse: (text: string) => Value) {
  return z.string().transform((input, context) => {
    try {
      return parse(input);
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: thrown instanceof Error ? thrown.message : String(thrown) });
      return z.NEVER;
    }
  });
}

function checked(expected: string, convert: (text: string) => number, min: number, max: number) {
  return z.string().transform((input, context) => {
    const value = convert(input.trim());
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}, got "${input}"` });
    return z.NEVER;
  });
}

function rangeText(min: number, max: number): string {
  if (min === Number.NEGATIVE_INFINITY && max === Number.POSITIVE_INFINITY) return '';
  return max >= Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}
