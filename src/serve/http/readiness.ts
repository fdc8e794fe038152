import { ShortlistError } from '../../errors.js';
import type { ServerState } from './endpoint.js';

/** Whether requests should be sent here, and what does not work though they should. */
export interface Readiness {
  readonly status: 'ok' | 'degraded';
  readonly degraded?: 'events'[];
}

/** @throws {ShortlistError} `not-ready` while no snapshot is loaded, and once the service shuts down */
export function readinessOf({ live, stopping, replaced }: ServerState): Readiness {
  if (stopping && !replaced) throw new ShortlistError('not-ready', 'This process is shutting down.');
  const ready: Readiness = live.events?.status?.().failing
    ? { status: 'degraded', degraded: ['events'] }
    : { status: 'ok' };
  return live.recommender && ready;
}
