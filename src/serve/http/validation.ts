import type { z } from 'zod';
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
  if (issue.path.length === 0 && issue.code === 'invalid_type') {
    return [
      { in: part, field: '', message: `expected an object, got ${issue.input === undefined ? 'nothing' : 'a list'}` },
    ];
  }
  if (issue.code !== 'unrecognized_keys') return [{ in: part, field: fieldName(issue.path), message: issue.message }];
  const known = issue.path.length === 0 ? knownKeys(schema) : [];
  const hint = known.length > 0 ? `; known are ${known.join(', ')}` : '';
  return issue.keys.slice(0, MAX_FIELD_ERRORS).map(key => ({
    in: part,
    field: fieldName([...issue.path, shortened(key)]),
    message: `unknown name${hint}`,
  }));
}

/** `history[0].itemId` for ['history', 0, 'itemId']. */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

function knownKeys(schema: z.ZodType): string[] {
  return 'shape' in schema ? Object.keys(schema.shape as object) : [];
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
