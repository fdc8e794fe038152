import type { IncomingMessage } from 'node:http';

/** Version, trace, parent and flags; later versions may append more (https://www.w3.org/TR/trace-context). */
const TRACEPARENT = /^(?!ff)(?:00|([\da-f]{2}))-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(-.*)?$/;

/**
 * The trace that a request is part of and the span of its caller, from the header `traceparent`, so that a line of the log is
 * found beside those of other services. Nothing where there is none, or one that is not valid.
 * @internal
 */
export function traceOf({ headers }: IncomingMessage): { readonly traceId?: string; readonly parentId?: string } {
  const given = headers.traceparent;
  const [, later, traceId, parentId, more] = (typeof given === 'string' && TRACEPARENT.exec(given)) || [];
  if (traceId === undefined || parentId === undefined || (later === undefined && more !== undefined)) return {};
  return { traceId, parentId };
}
