import { z } from 'zod';
import { ShortlistError } from '../../errors.js';
import type { FieldError } from './replies.js';

/** The most field errors one reply lists: enough to see the pattern. */
const MAX_FIELD_ERRORS = 20;
/** Values up to which all that is wrong is looked for: each fault costs up to a hundred times what a good value does. */
const MAX_SEARCHED = 200;

/**
 * What a schema makes of one part of a request.
 * @throws {ShortlistError} `invalid-request`, whose `errors` name each field that is wrong
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  part: FieldError['in'],
  given: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(given, FIRST_FAULT);
  if (parsed.success) return parsed.data;
  throw invalidRequest(faultsOf(schema, part, given));
}

/** Zod's own `validate` asks for this. A version that did not know it would be as right, and slow with long lists of faults. */
const FIRST_FAULT: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true };
const ALL_FAULTS: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: false };

/** What is wrong with a part of a request, by field. */
export function invalidRequest(errors: readonly FieldError[]): ShortlistError {
  const shown = errors.map(({ in: part, field, message }) => `${field === '' ? `the ${part}` : field}: ${message}`);
  return new ShortlistError('invalid-request', `The request is not valid: ${shown.join('; ')}.`, { errors });
}

/**
 * What a schema finds wrong with a value that it does not take: all of a short one, and of a long one the first.
 * @param place of the value in its part of the request
 */
export function faultsOf(
  schema: z.core.$ZodType,
  part: FieldError['in'],
  given: unknown,
  place: readonly (string | number)[] = [],
): FieldError[] {
  // What the errors tell of the input would cost every good request more.
  const options = { ...(valuesIn(given) > MAX_SEARCHED ? FIRST_FAULT : ALL_FAULTS), reportInput: true };
  const issues = z.core.safeParse(schema, given, options).error?.issues ?? [];
  const all = issues.slice(0, MAX_FIELD_ERRORS).flatMap(issue => fieldErrors(part, issue, schema, place));
  // The first thing wrong with a field is enough: what follows is mostly its consequence.
  return all.filter(({ field }, i) => all.findIndex(other => other.field === field) === i);
}

/** How many values there are in a value, or some more than matter. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let values = inner.length;
  for (let i = 0; i < inner.length && values <= MAX_SEARCHED; i++) values += valuesIn(inner[i]);
  return values;
}

/** What is said of a name that an object may not have. */
export function unknownName(known: readonly string[]): string {
  return `unknown name${known.length > 0 ? `; known are ${known.join(', ')}` : ''}`;
}

function fieldErrors(
  part: FieldError['in'],
  issue: z.core.$ZodIssue,
  schema: z.core.$ZodType,
  place: readonly (string | number)[],
): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const message = unknownName(knownKeys(schema, issue.path));
    return issue.keys.slice(0, MAX_FIELD_ERRORS).map(key => ({
      in: part,
      field: fieldName([...place, ...issue.path, key]),
      message,
    }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative that the value was meant for is the one that found fault with a part of it, or with its size.
    const meant = issue.errors.find(([first]) => first && (first.path.length > 0 || !IS_OTHER_KIND.has(first.code)));
    const inner = meant?.map(one => ({ ...one, path: [...issue.path, ...one.path] }) as z.core.$ZodIssue);
    if (inner) return inner.flatMap(one => fieldErrors(part, one, schema, place));
  }
  const expected = expectationOf(issue);
  // What came in a query is there to see in its URL, and some schemas say it themselves.
  const says = part !== 'body' || !IS_OTHER_KIND.has(issue.code) || expected.includes(', got ');
  const got = says ? '' : `, got ${shown(issue.input)}`;
  return [{ in: part, field: fieldName([...place, ...issue.path]), message: expected + got }];
}

/** Codes of issues which say that a value is not what was expected at all. */
const IS_OTHER_KIND = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** What a value of a kind is called, by the names of zod. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** The message of the schema or, where it has none of its own, one like those that the others have. */
function expectationOf(issue: z.core.$ZodIssue): string {
  if (!/^Invalid (input|option)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map(value => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_union': {
      const alternatives = issue.errors.flatMap(([first]) => (first ? [expectationOf(first)] : []));
      return [...new Set(alternatives)].join(', or ').replaceAll(', or expected ', ' or ');
    }
    default:
      return issue.message;
  }
}

/** What came: a short value itself, or what kind of value it is. */
function shown(input: unknown): string {
  if (input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'an object';
  return shortened(JSON.stringify(typeof input === 'string' ? input.slice(0, 200) : input));
}

/** `history[0].itemId` for ['history', 0, 'itemId']. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${shortened(String(step))}`))
    .join('');
}

/** The fields that the object at a place inside a schema may have; none where that is for several schemas to say. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType | undefined = schema;
  for (const step of path) {
    at = inside(at);
    if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else at = at instanceof z.ZodObject ? (at.shape as Record<PropertyKey, z.core.$ZodType>)[step] : undefined;
  }
  at = inside(at);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** A schema without what makes it optional or gives it a default. */
export function inside(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  while (at && 'innerType' in at._zod.def) at = at._zod.def.innerType as z.core.$ZodType;
  return at;
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
