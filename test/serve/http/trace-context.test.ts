import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { traceOf } from '../../../src/serve/http/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const read = (traceparent?: string) => traceOf({ headers: { traceparent } } as unknown as IncomingMessage);

test.each([`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-00`, `cc-${TRACE}-${PARENT}-01-what-later-versions-say`])(
  '%s is taken up',
  traceparent => {
    expect(read(traceparent)).toEqual({ traceId: TRACE, parentId: PARENT });
  },
);

test.each([
  undefined,
  '',
  `ff-${TRACE}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-01-more`,
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
])('%s is ignored', traceparent => {
  expect(read(traceparent)).toEqual({});
});
