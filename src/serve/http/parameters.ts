import { z } from 'zod';
import {
  type BooleanOption,
  type ChoiceOption,
  expectationOf,
  type ListOption,
  type NumberOption,
} from '../../base/options/option.js';
import { numberSchema } from '../../base/options/schema.js';
import { isPlainId, MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { FILTER_OPERATORS } from '../../recommend/attribute-filters.js';
import { LOGGABLE } from '../../recommend/events/new-interactions.js';

/** Most entries of a list in the query string; longer ones fit into the body of a POST. */
export const MAX_LISTED_IN_QUERY = 1000;

/** Text that is searched for. */
export const searchText = z
  .string({ error: issue => (Array.isArray(issue.input) ? 'expected one value, got several' : 'expected a string') })
  .max(MAX_ID_LENGTH, {
    abort: true,
    error: issue => `expected at most ${issue.maximum} characters, got ${lengthOf(issue.input)}`,
  });

/** An id as the ratings file spells it: any string, compared exactly. */
export const id = searchText
  .min(1, { abort: true, error: 'expected at least one character' })
  .refine(text => text.isWellFormed(), { abort: true, error: 'expected valid Unicode, got half of a surrogate pair' });

/** An id that the log of events can hold: one line, and text that every reader takes back as it was. */
export const loggedId = id
  .regex(LOGGABLE, {
    abort: true,
    error: 'expected text without line breaks, other control characters, and broken Unicode',
  })
  .refine(isPlainId, {
    abort: true,
    error:
      'expected an id as files of ratings have it: without blanks around it, no word for nothing such as NULL, no whole number that ends in .0',
  });

/** Values that one condition may name. */
const MAX_FILTER_VALUES = 1000;
const filterValue = z.union([z.number(), z.boolean(), searchText]);

// What `REQUEST_OPTIONS` describes, first as values of a JSON body, then as text of a query string.

export function numberField(option: NumberOption<number>) {
  return numberSchema(option).default(option.default).meta({ description: option.meaning });
}

export function flagField(option: BooleanOption) {
  return z.boolean().default(option.default).meta({ description: option.meaning });
}

export function listField({ meaning, most }: ListOption) {
  return z
    .array(id, 'expected a list')
    .max(most, `expected at most ${most} entries`)
    .exactOptional()
    .meta({ description: meaning });
}

const names = z
  .array(z.string().min(1, 'expected at least one character'))
  .max(MAX_LISTED_IN_QUERY, `expected at most ${MAX_LISTED_IN_QUERY} values`);

/** A list of a query string whose values are not taken apart: who reads them knows what a comma means. */
export function namesParameter({ meaning }: ListOption) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform(given => [given].flat())
    .pipe(names)
    .optional()
    .meta({ description: `${meaning} Repeat the parameter for several.` });
}

/** The same, where a single one was all that there could be. */
export function nameParameter({ meaning }: ListOption) {
  return z
    .union([z.string().min(1, 'expected at least one character'), names])
    .optional()
    .meta({ description: `${meaning} Repeat the parameter for several.` });
}

/** One of a few words, by default what the data suggests. */
export function wordField<Word extends string>({ words, meaning }: Pick<ChoiceOption<Word>, 'words' | 'meaning'>) {
  return z
    .enum(words, `expected one of ${words.join(', ')}`)
    .exactOptional()
    .meta({ description: meaning });
}

/** Where to go on in a list. */
export const cursor = z
  .string('expected one value')
  .min(1, 'expected the `next` of an earlier reply')
  .max(MAX_ID_LENGTH, 'expected the `next` of an earlier reply')
  .optional()
  .meta({
    description:
      '`next` of an earlier reply: the list goes on after it. All but `limit` and `explain` has to be as before, and the same ' +
      'snapshot has to answer; otherwise `invalid-cursor` or `cursor-expired` says so.',
  });

export function choiceField<Word extends string>({ words, meaning, default: preset }: ChoiceOption<Word>) {
  return z
    .enum(words, `expected ${words.join(' or ')}`)
    .default(preset)
    .meta({ description: meaning });
}

/** Plain digits only: `1e1`, `0x10` and `+5` are mistakes more often than numbers. */
const DECIMALS = { integer: /^[0-9]+$/, real: /^[0-9]+([.][0-9]+)?$/ } as const;

export function numberParameter(option: NumberOption<number>) {
  return z
    .string('expected one value, got several')
    .regex(DECIMALS[option.kind], `expected ${expectationOf(option)}`)
    .transform(Number)
    .pipe(numberSchema(option))
    .default(option.default)
    .meta({ description: option.meaning });
}

export function flagParameter(option: BooleanOption) {
  return z
    .enum(['true', 'false'], 'expected true or false')
    .transform(text => text === 'true')
    .pipe(z.boolean())
    .default(option.default)
    .meta({ description: option.meaning });
}

/**
 * A list in a query string: the parameter repeated, or its values separated by commas, or both. A value that itself
 * contains a comma cannot be written so; the POST form takes it.
 */
export function listParameter({ meaning }: ListOption) {
  const howTo = 'Repeat the parameter or separate with commas; a value that contains a comma goes into the POST form.';
  return z
    .union([z.string(), z.array(z.string())])
    .transform(given => [given].flat().flatMap(text => text.split(',')))
    .pipe(z.array(id).max(MAX_LISTED_IN_QUERY, `expected at most ${MAX_LISTED_IN_QUERY} values`))
    .optional()
    .meta({ description: `${meaning} ${howTo}` });
}

/** A condition on an attribute, as an object of a JSON body. */
const filter = z.strictObject({
  attribute: id,
  op: z.enum(FILTER_OPERATORS, `expected one of ${FILTER_OPERATORS.join(' ')}`),
  value: z.union(
    [filterValue, z.array(filterValue).max(MAX_FILTER_VALUES, `expected at most ${MAX_FILTER_VALUES} values`)],
    `expected a number, true or false, a string, or a list of at most ${MAX_FILTER_VALUES} of them`,
  ),
});

export function filtersField({ meaning, most }: ListOption) {
  return z
    .array(
      z.union([id, filter], 'expected a text such as price<=20, or an object with attribute, op and value'),
      'expected a list',
    )
    .max(most, `expected at most ${most} entries`)
    .exactOptional()
    .meta({
      description: `${meaning} As text, or as an object with attribute, op and value, where a list is any of its values.`,
    });
}

/** Conditions in a query string: the parameter repeated. Commas separate nothing here. */
export function filterParameter({ meaning, most }: ListOption) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform(given => [given].flat())
    .pipe(z.array(id).max(most, `expected at most ${most} values`))
    .optional()
    .meta({
      description: `${meaning} Repeat the parameter for further conditions; a value that contains | goes into a POST form.`,
    });
}

function lengthOf(input: unknown): number {
  return typeof input === 'string' ? input.length : 0;
}
