import { z } from 'zod';
import { type NumberOption, type NumberRange, namesOf, rangeOf } from '../../src/base/options/option.js';
import { numberTextSchema } from '../../src/base/options/schema.js';
import type { Flag } from './command.js';

// Schemas for the values of flags. Each one takes the text of the command line, so "abc", "" and "1e9" are judged here.

/** A number in the range of an option. */
export function numberValue(option: NumberRange): z.ZodType<number, string> {
  const schema = numberTextSchema(option);
  return z.string().transform((input, context) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: `${parsed.error.issues[0]?.message}, got "${input}"` });
    return z.NEVER;
  });
}

/** The flag of a numeric option. One whose default is in words only has the value undefined when it is not given. */
export function numberFlag(option: NumberOption<number | undefined>): Flag<z.ZodType<number>>;
export function numberFlag(option: NumberOption<string>): Flag<z.ZodType<number | undefined>>;
export function numberFlag(option: NumberOption): Flag {
  const { kind, meaning, default: preset } = option;
  const flag = { value: kind === 'integer' ? 'N' : 'X', help: meaning, range: rangeOf(option) };
  const schema = numberValue(option);
  if (typeof preset === 'string') return { ...flag, preset, schema: schema.optional() };
  return { ...flag, schema: preset === undefined ? schema : schema.default(preset) };
}

/** The flags of numeric options with fixed defaults. @param meaningOf what to say about one, other than its meaning */
export function numberFlags<Name extends string>(
  options: Readonly<Record<Name, NumberOption<number>>>,
  meaningOf: (option: NumberOption, name: Name) => string = ({ meaning }) => meaning,
): Readonly<Record<Name, Flag<z.ZodType<number>>>> {
  const flags = namesOf(options).map(name => {
    const option = options[name];
    return [name, numberFlag({ ...option, meaning: meaningOf(option, name) })];
  });
  return Object.fromEntries(flags) as Record<Name, Flag<z.ZodType<number>>>;
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
