import { dirname, sep } from 'node:path';
import { type ErrorCode, messageOf, ShortlistError } from '../../errors.js';
import type { Endpoint } from './endpoint.js';
import type { FieldError, Problem } from './replies.js';

/** The one place where causes of failure become HTTP statuses. Every other cause is our own fault: 500. */
export const PROBLEM_KINDS: Readonly<Partial<Record<ErrorCode, { status: number; title: string }>>> = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  'malformed-request': { status: 400, title: 'Malformed request' },
  'unknown-category': { status: 400, title: 'Unknown category' },
  'value-out-of-scale': { status: 400, title: 'Value out of scale' },
  'invalid-cursor': { status: 400, title: 'Invalid cursor' },
  'unknown-attribute': { status: 400, title: 'Unknown attribute' },
  'invalid-filter': { status: 400, title: 'Invalid filter' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'unknown-item': { status: 404, title: 'Unknown item' },
  'events-off': { status: 404, title: 'Events are off' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-snapshot': { status: 404, title: 'Unknown snapshot' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request-timeout': { status: 408, title: 'Request timeout' },
  'no-earlier-snapshot': { status: 409, title: 'No earlier snapshot' },
  'no-snapshot': { status: 409, title: 'No snapshot' },
  'snapshot-damaged': { status: 409, title: 'Snapshot damaged' },
  'cursor-expired': { status: 410, title: 'Cursor expired' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'url-too-long': { status: 414, title: 'URL too long' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'Headers too large' },
  'snapshot-unwritable': { status: 500, title: 'Snapshots not writable' },
  'not-ready': { status: 503, title: 'Not ready' },
  'events-unavailable': { status: 503, title: 'Events cannot be logged' },
  overloaded: { status: 503, title: 'Overloaded' },
  'deadline-exceeded': { status: 503, title: 'Deadline exceeded' },
};

/** Of problems whose cause stays between us and our log. */
export const INTERNAL = {
  code: 'internal-error' as const,
  status: 500,
  title: 'Internal error',
  detail: 'The request failed for a reason of the server’s own. The log tells more under this request id.',
};

/**
 * The problem details (RFC 9457) of anything that was thrown. Nothing of an unexpected error gets out.
 * @param prefix of the paths of the API, where it has one
 */
export function problemOf(thrown: unknown, requestId: string, prefix = ''): Problem {
  const fault = thrown instanceof FieldFault ? thrown : undefined;
  const named: unknown = fault?.cause ?? thrown;
  const error: ShortlistError | undefined = named instanceof ShortlistError ? named : fromLibrary(named);
  const kind = error && PROBLEM_KINDS[error.code];
  if (!kind) return { type: typeOf(INTERNAL.code, prefix), ...INTERNAL, requestId };
  const { errors } = fault ?? (error.fields as { readonly errors?: FieldError[] });
  return {
    type: typeOf(error.code, prefix),
    title: kind.title,
    status: kind.status,
    detail: withoutPlaces(error),
    code: error.code,
    requestId,
    ...(errors && { errors }),
  };
}

/**
 * The message without where files of the server are: of the path of a file only its directory, such as the id of a
 * snapshot, and its name are left, of a directory its name.
 */
function withoutPlaces({ message, fields }: ShortlistError): string {
  const { path, directory } = fields as { readonly path?: unknown; readonly directory?: unknown };
  const above = typeof path === 'string' ? dirname(dirname(path)) : dirname(String(directory ?? ''));
  return above === '.' || above === sep ? message : message.replaceAll(above + sep, '');
}

/** An error that one field of the request is to blame for. */
class FieldFault extends Error {
  constructor(
    override readonly cause: ShortlistError,
    readonly errors: FieldError[],
  ) {
    super(cause.message);
  }
}

/** The error, and which field of the request it is about, where the endpoint says so. */
export function blaming(error: ShortlistError, failures: Endpoint['failures']): Error {
  const blamed = failures[error.code];
  if (!blamed) return error;
  const field = 'path' in error.fields ? blamed.field + error.fields.path : blamed.field;
  return new FieldFault(error, [{ in: blamed.in, field, message: error.message }]);
}

function typeOf(code: string, prefix: string): string {
  return `${prefix}/docs#problem-${code}`;
}

/** What Express complains about has a 4xx status; an error without one is not about the request. */
function fromLibrary(thrown: unknown): ShortlistError | undefined {
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return new ShortlistError('malformed-request', `The request cannot be read: ${messageOf(thrown)}.`);
}
