import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Ids that others gave are kept when they are short and harmless in a log and in a header. */
const ACCEPTABLE = /^[\w.:-]{1,128}$/;
/** Tells this process's ids from those of its siblings and its earlier lives. */
const PROCESS = randomBytes(6).toString('hex');
let requests = 0;

/** The request's own `X-Request-Id`, or a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : `${PROCESS}-${(++requests).toString(36)}`;
}
