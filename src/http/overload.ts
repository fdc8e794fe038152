import type { RequestListener } from 'node:http';
import { ShortlistError } from '../errors.js';
import { problemOf } from './problem.js';
import { requestIdOf } from './request-id.js';
import { sendJson } from './send-json.js';

/** Paths that answer under any load: the machinery around a service would end a process that stops answering them. */
const ALWAYS = /^\/(health\/|metrics)/;

/**
 * Bounds the requests that are taken up in one turn of the event loop. Requests are computed one after the other, so
 * those that arrive together wait for each other: whoever would wait for more than `maxPerTurn` others is told at once
 * to come back, at a small part of the cost of an answer. The time that an accepted request waits stays bounded so,
 * however many clients there are.
 */
export function boundLoad(listener: RequestListener, maxPerTurn: number, onRefused: () => void): RequestListener {
  let taken = 0;
  const startOver = () => {
    taken = 0;
  };
  return (request, response) => {
    if (taken++ === 0) setImmediate(startOver);
    if (taken <= maxPerTurn || ALWAYS.test(request.url ?? '')) return listener(request, response);
    onRefused();
    const requestId = requestIdOf(request);
    const error = new ShortlistError(
      'overloaded',
      'More requests came at once than this server can answer soon. Try again after the seconds in Retry-After.',
    );
    response.setHeader('Retry-After', '1');
    sendJson(response, {
      status: 503,
      value: problemOf(error, requestId),
      requestId,
      type: 'application/problem+json',
      last: false,
    });
  };
}
