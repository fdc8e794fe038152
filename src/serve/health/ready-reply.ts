import type { Live } from '../http/endpoint.js';
import { readinessOf } from '../http/readiness.js';
import { type HealthReply, problemReply } from './board.js';

/** What a process answers to `/health/ready`. That it was told to stop, others know first. */
export function readyReply(live: Live): HealthReply {
  try {
    return { status: 200, body: readinessOf({ live, stopping: false, replaced: false }) };
  } catch (error) {
    return problemReply(error);
  }
}
