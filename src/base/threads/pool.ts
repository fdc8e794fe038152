import { Worker } from 'node:worker_threads';
import { type ErrorCode, messageOf, ShortlistError } from '../../errors.js';
import { workerProgram } from './worker-program.js';

/** What the program of a worker gets as `workerData`. */
export interface WorkerData<Job> {
  readonly job: Job;
  /** 0 … threads - 1 */
  readonly thread: number;
  readonly threads: number;
}

export interface WorkerOptions<Job, Message> {
  /** What a thread does, for the message about one that fails: 'ranks users'. */
  readonly purpose: string;
  readonly threads: number;
  /** Every thread gets a copy, in which shared memory stays shared. */
  readonly job: Job;
  /** Gets every message of every thread. */
  readonly onMessage?: (message: Message) => void;
}

/** Threads that run the same program from their start until all have ended, one has failed, or `close`. */
export class WorkerPool<Job, Message = unknown> {
  /** Resolves when all have ended by themselves; rejects as soon as one fails, or `onMessage` throws. */
  readonly ended: Promise<void>;
  readonly #workers: readonly Worker[];
  readonly #ends: readonly Promise<void>[];
  readonly #options: WorkerOptions<Job, Message>;

  /** @param entry the program beside its caller: `new URL('./name.js', import.meta.url)` */
  constructor(entry: URL, options: WorkerOptions<Job, Message>) {
    const { threads, job } = options;
    this.#options = options;
    const program = workerProgram(entry);
    this.#workers = Array.from(
      { length: threads },
      (_, thread) => new Worker(program, { workerData: { job, thread, threads } satisfies WorkerData<Job> }),
    );
    this.#ends = this.#workers.map(worker => this.#endOf(worker));
    this.ended = Promise.all(this.#ends).then(() => {});
    // Where tasks are run, `run` rejects too, and `ended` may be awaited by no one.
    this.ended.catch(() => {});
  }

  get threads(): number {
    return this.#workers.length;
  }

  /** Hands tasks out to the threads as they become free. A thread answers each of its tasks with one message. */
  async run(tasks: readonly unknown[]): Promise<void> {
    let next = 0;
    const serve = async (worker: Worker): Promise<void> => {
      while (next < tasks.length) {
        const answer = new Promise(resolve => worker.once('message', resolve));
        worker.postMessage(tasks[next++]);
        await answer;
      }
    };
    const endedEarly = this.#ends.map(end =>
      end.then(() => {
        throw this.#failure('it ended before its tasks were done');
      }),
    );
    await Promise.race([...endedEarly, Promise.all(this.#workers.map(serve))]);
  }

  /** Sends every thread a message. */
  post(message: unknown): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.terminate()));
  }

  #endOf(worker: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      worker.on('message', (message: Message) => {
        try {
          this.#options.onMessage?.(message);
        } catch (thrown) {
          reject(thrown);
        }
      });
      worker.on('error', error => reject(reviveError(error) ?? this.#failure(messageOf(error), error)));
      worker.on('exit', code => (code === 0 ? resolve() : reject(this.#failure(`it exited with code ${code}`))));
    });
  }

  #failure(reason: string, cause?: unknown): ShortlistError {
    const { purpose } = this.#options;
    const message = `A thread that ${purpose} failed: ${reason}.`;
    return new ShortlistError('worker-failed', message, { purpose, reason }, { cause });
  }
}

/**
 * Runs threads until all have ended by themselves. They end together: when one fails, or `onMessage` throws, the others
 * are terminated and the promise rejects.
 * @param entry see `WorkerPool`
 * @throws ShortlistError of a worker, as it is; `worker-failed` when one ends in any other way; what `onMessage` throws
 */
export async function runWorkers<Job, Message>(entry: URL, options: WorkerOptions<Job, Message>): Promise<void> {
  const pool = new WorkerPool(entry, options);
  try {
    await pool.ended;
  } finally {
    await pool.close();
  }
}

/** A ShortlistError loses nothing but its class on the way from another thread. */
function reviveError(error: Error & { readonly code?: ErrorCode; readonly fields?: object }) {
  const { name, code, message, fields, cause } = error;
  return name === 'ShortlistError' && code ? new ShortlistError(code, message, { ...fields }, { cause }) : undefined;
}
