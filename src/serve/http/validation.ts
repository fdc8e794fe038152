import { z } from 'zod';
import { ShortlistError } from '../../errors.js';
import type { FieldError } from './replies.js';

/** The most field errors one reply lists: enough to see the pattern, and a bad body of a megabyte stays cheap. */
const MAX_FIELD_ERRORS = 20;

/**
 * What a schema makes of one part of a request.
 * @throws {ShortlistError} `invalid-request`, whose `errors` name each field that is wrong
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  part: FieldError['in'],
  given: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  // Once more for what the errors tell of the input: asked for at once it would cost every good request more.
  const result = schema.safeParse(given, { reportInput: true });
  if (result.success) return result.data;
  const all = result.error.issues.slice(0, MAX_FIELD_ERRORS).flatMap(issue => fieldErrors(part, issue, schema));
  // The first thing wrong with a field is enough: what follows is mostly its consequence.
  const errors = all.filter(({ field }, i) => all.findIndex(other => other.field === field) === i);
  const shown = errors.map(({ field, message }) => `${field === '' ? `the ${part}` : field}: ${message}`).join('; ');
  throw new ShortlistError('invalid-request', `The request is not valid: ${shown}.`, { errors });
}

function fieldErrors(part: FieldError['in'], issue: z.core.$ZodIssue, schema: z.ZodType): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    const hint = known.length > 0 ? `; known are ${known.join(', ')}` : '';
    return issue.keys.slice(0, MAX_FIELD_ERRORS).map(key => ({
      in: part,
      field: fieldName([...issue.path, shortened(key)]),
      message: `unknown name${hint}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative that the value was meant for is the one that found fault with a part of it, or with its size.
    const meant = issue.errors.find(([first]) => first && (first.path.length > 0 || !IS_OTHER_KIND.has(first.code)));
    const inner = meant?.map(one => ({ ...one, path: [...issue.path, ...one.path] }) as z.core.$ZodIssue);
    if (inner) return inner.flatMap(one => fieldErrors(part, one, schema));
  }
  const expected = expectationOf(issue);
  // What came in a query is there to see in its URL, and some schemas say it themselves.
  const says = part !== 'body' || !IS_OTHER_KIND.has(issue.code) || expected.includes(', got ');
  const got = says ? '' : `, got ${shown(issue.input)}`;
  return [{ in: part, field: fieldName(issue.path), message: expected + got }];
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
  return shortened(JSON.stringify(input));
}

/** `history[0].itemId` for ['history', 0, 'itemId']. */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** The fields that the object at a place inside a schema may have; none where that is for several schemas to say. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
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
function inside(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  while (at && 'innerType' in at._zod.def) at = at._zod.def.innerType as z.core.$ZodType;
  return at;
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
