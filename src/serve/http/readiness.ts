import { ShortlistError } from '../../errors.js';
import type { ServerState } from './endpoint.js';

/** Whether requests should be sent here. */
export interface Readiness {
  readonly status: 'ok';
}

/** @throws {ShortlistError} `not-ready` while no snapshot is loaded, and once a shutdown is under way */
export function readinessOf({ live, stopping }: ServerState): Readiness {
  if (stopping) throw new ShortlistError('not-ready', 'This process is shutting down.');
  return live.recommender && { status: 'ok' };
}
