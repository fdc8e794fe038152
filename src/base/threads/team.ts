import { Worker } from 'node:worker_threads';
import { messageOf, ShortlistError } from '../../errors.js';

/** What a worker of a team gets as `workerData`. */
export interface TeamMember<Job> {
  readonly job: Job;
  /** 0 … threads - 1 */
  readonly thread: number;
  readonly threads: number;
}

/**
 * Runs `threads` workers over one job until all have ended. Every message of theirs goes to `onMessage`. The team ends
 * as a whole: when a worker fails, or `onMessage` throws, the others are terminated and the promise rejects.
 * @throws ShortlistError `worker-failed` when a worker crashes; whatever `onMessage` throws
 */
export async function runTeam<Job, Message>(
  script: string,
  threads: number,
  job: Job,
  onMessage: (message: Message) => void,
): Promise<void> {
  const workers = Array.from(
    { length: threads },
    (_, thread) => new Worker(script, { workerData: { job, thread, threads } satisfies TeamMember<Job> }),
  );
  const ends = workers.map(
    (worker, thread) =>
      new Promise<void>((resolve, reject) => {
        const failed = (why: string, cause?: unknown) =>
          new ShortlistError(
            'worker-failed',
            `Training worker ${thread + 1} of ${threads} failed: ${why}.`,
            { thread },
            { cause },
          );
        worker.on('message', (message: Message) => {
          try {
            onMessage(message);
          } catch (thrown) {
            reject(thrown);
          }
        });
        worker.on('error', error => reject(failed(messageOf(error), error)));
        worker.on('exit', code => (code === 0 ? resolve() : reject(failed(`it exited with code ${code}`))));
      }),
  );
  try {
    await Promise.all(ends);
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()));
  }
}
