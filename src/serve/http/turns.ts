import type { Steps } from '../../base/threads/steps.js';
import { ShortlistError } from '../../errors.js';
import { overloaded } from './load-bound.js';

/**
 * Milliseconds of a long request between two turns of the event loop: what a short one waits for at most, beside one step
 * of the long one. Shorter slices cost the long ones more turns and hardly help the short ones (p99 beside four batches).
 */
export const SLICE_MS = 3;
/** Long requests that may wait when another one comes. */
const MAX_WAITING = 16;
/** What the latest batch says of how long the next one takes, against those before it. */
const LATEST_WEIGHT = 0.5;

/** A request whose work is not done yet. */
interface Job {
  readonly work: Steps<unknown>;
  /** Steps of its work that take time, by which the wait of others is estimated. 0 where it is short. */
  readonly steps: number;
  readonly came: number;
  /** When it got its first slice. Undefined before. */
  began?: number;
  stepsDone: number;
  /** Whether nobody waits for the answer any more. */
  isGone(): boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Hands slices of time to long requests, in one turn of the event loop one slice of one of them, so that short requests
 * never wait for more. Of batches, the first to come is finished first: were they to take turns, all would end late, or too
 * late. What is only somewhat longer than usual, such as a search of a large catalogue, does not wait for batches: every
 * other slice is for these.
 */
export class Turns {
  readonly #brief: Job[] = [];
  readonly #batches: Job[] = [];
  #wasBrief = false;
  #isScheduled = false;
  /** Milliseconds from one step of a batch to the next, all that happens in between included; 0 while nobody knows. */
  #stepMs = 0;

  /**
   * @param deadlineMs time in which a request must begin, and once more in which it must end: what was begun is not thrown
   *   away because it had to wait
   * @param onSlice called with the milliseconds of every slice
   */
  constructor(
    private readonly deadlineMs: number,
    private readonly onSlice: (ms: number) => void = () => {},
  ) {}

  /**
   * Does work that is short as a rule. The first slice is now, so that mostly the answer is there at once.
   * @param isGone whether nobody waits for the answer any more
   * @throws {ShortlistError} `overloaded` where too many wait, `deadline-exceeded`; as a rejection where it is not at once
   */
  doNow<T>(work: Steps<T>, isGone: () => boolean): T | Promise<T> {
    const began = performance.now();
    const step = advance(work, began + SLICE_MS);
    if (step.done) return step.value;
    return this.#enqueue(this.#brief, { work, steps: 0, came: began, began, stepsDone: 0, isGone });
  }

  /**
   * Does the work of a batch when those before it are done.
   * @param steps of the work that take time, for the estimate of when the next one can begin
   * @throws {ShortlistError} `overloaded` where it could not begin in time, or too many wait; `deadline-exceeded`
   */
  doInTurn<T>(work: Steps<T>, steps: number, isGone: () => boolean): Promise<T> {
    const stepsAhead = this.#batches.reduce((sum, job) => sum + Math.max(0, job.steps - job.stepsDone), 0);
    if (stepsAhead * this.#stepMs > this.deadlineMs) throw overloaded();
    return this.#enqueue(this.#batches, { work, steps, came: performance.now(), stepsDone: 0, isGone });
  }

  /**
   * Does what can wait and cannot be cut in a slice of its own.
   * @param isGone whether nobody waits for it any more. Default: it is done whoever waits.
   * @throws {ShortlistError} as `doNow`
   */
  doLater<T>(task: () => T | Promise<T>, isGone = () => false): Promise<T> {
    const came = performance.now();
    return this.#enqueue(this.#brief, { work: inOneStep(task), steps: 0, came, stepsDone: 0, isGone });
  }

  #enqueue<T>(queue: Job[], job: Omit<Job, 'resolve' | 'reject'> & { work: Steps<T | Promise<T>> }): Promise<T> {
    if (queue.length >= MAX_WAITING) throw overloaded();
    return new Promise<unknown>((resolve, reject) => {
      queue.push({ ...job, resolve, reject });
      this.#schedule();
    }) as Promise<T>;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#brief.length + this.#batches.length === 0) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    this.#giveUp(this.#brief);
    this.#giveUp(this.#batches);
    this.#wasBrief = this.#brief.length > 0 && (!this.#wasBrief || this.#batches.length === 0);
    const queue = this.#wasBrief ? this.#brief : this.#batches;
    const [job] = queue;
    if (job) this.#advance(job, queue);
    this.#schedule();
  };

  #advance(job: Job, queue: Job[]): void {
    const started = performance.now();
    job.began ??= started;
    try {
      const step = advance(job.work, started + SLICE_MS, job);
      if (step.done) {
        queue.shift();
        this.#learn(job);
        job.resolve(step.value);
      }
    } catch (error) {
      queue.shift();
      job.reject(error);
    }
    this.onSlice(performance.now() - started);
  }

  /** Takes what is known of a batch that ends now into the estimate. */
  #learn({ steps, stepsDone, began }: Job): void {
    if (steps === 0 || began === undefined || stepsDone === 0) return;
    const stepMs = (performance.now() - began) / Math.min(steps, stepsDone);
    this.#stepMs = this.#stepMs === 0 ? stepMs : this.#stepMs + LATEST_WEIGHT * (stepMs - this.#stepMs);
  }

  /** Ends those that nobody waits for any more, and those over their time. */
  #giveUp(queue: Job[]): void {
    const now = performance.now();
    for (let i = queue.length - 1; i >= 0; i--) {
      const job = queue[i]!;
      if (!job.isGone() && now - (job.began ?? job.came) <= this.deadlineMs) continue;
      queue.splice(i, 1);
      job.work.return(undefined);
      this.#learn(job);
      job.reject(
        new ShortlistError(
          'deadline-exceeded',
          'The server could not finish this request in time. Ask for less at once, or try again later.',
        ),
      );
    }
  }
}

// biome-ignore lint/correctness/useYield: there is nowhere to cut it.
function* inOneStep<T>(task: () => T): Steps<T> {
  return task();
}

/** Goes on with work until it is done or a time has come, one step at least. */
function advance<T>(work: Steps<T>, until: number, job?: Job): IteratorResult<undefined, T> {
  for (;;) {
    const step = work.next();
    if (job) job.stepsDone++;
    if (step.done || performance.now() >= until) return step;
  }
}
