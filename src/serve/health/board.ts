import { ShortlistError } from '../../errors.js';
import { problemOf } from '../http/problem.js';

/** A reply: its status, and what becomes JSON. */
export interface HealthReply {
  readonly status: number;
  readonly body: object;
}

/** Milliseconds between two reports of a process. */
export const REPORT_MS = 250;
/**
 * Milliseconds without a report after which a process counts as hung: many times what a turn of its event loop takes under
 * any load, and less than orchestrators wait before they end it.
 */
export const HUNG_MS = 10_000;

/** What the processes that answer requests said of themselves lately, and what follows for the service. */
export class HealthBoard {
  readonly #reports = new Map<number, { readonly ready: HealthReply; readonly at: number }>();
  #isStopping = false;

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now = () => performance.now()) {}

  /** @param ready what the process answers to `/health/ready` */
  report(process: number, ready: HealthReply): void {
    this.#reports.set(process, { ready, at: this.now() });
  }

  /** A process has ended. */
  forget(process: number): void {
    this.#reports.delete(process);
  }

  /** A shutdown is under way. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Alive unless all have hung; those that have not reported yet are starting. */
  live(): HealthReply {
    if (this.#reports.size === 0 || this.#fresh().length > 0) return { status: 200, body: { status: 'ok' } };
    return notReady(`The service has been doing one thing for more than ${HUNG_MS / 1000} seconds.`);
  }

  /** Ready where one is; else why not. */
  ready(): HealthReply {
    if (this.#isStopping) return notReady('The service is shutting down.');
    const fresh = this.#fresh();
    return (
      fresh.find(({ status }) => status === 200) ?? fresh[0] ?? notReady('No process of the service is ready yet.')
    );
  }

  #fresh(): HealthReply[] {
    const since = this.now() - HUNG_MS;
    return [...this.#reports.values()].filter(({ at }) => at >= since).map(({ ready }) => ready);
  }
}

function notReady(why: string): HealthReply {
  return problemReply(new ShortlistError('not-ready', why));
}

/** The reply that tells of an error. */
export function problemReply(error: unknown): HealthReply {
  const problem = problemOf(error, 'none');
  return { status: problem.status, body: problem };
}
