const ARRIVED = 0;
const ROUND = 1;
const NEXT_TASK = 2;
const STOPPED = 3;

/** Integers of shared memory that a `ThreadBarrier` needs, zero at first. */
export const BARRIER_INTEGERS = 4;

/**
 * Keeps threads in step, and deals out tasks between two meetings. Which thread gets a task is left to chance:
 * results must not depend on it.
 */
export class ThreadBarrier {
  constructor(
    /** `BARRIER_INTEGERS` integers of shared memory, the same for all threads. */
    private readonly state: Int32Array<SharedArrayBuffer>,
    private readonly threads: number,
  ) {}

  /** The next of `tasks` tasks that no thread has taken since the last meeting, or -1. */
  nextTask(tasks: number): number {
    const task = Atomics.add(this.state, NEXT_TASK, 1);
    return task < tasks ? task : -1;
  }

  /** Blocks until all threads are here. The last one runs `alone` before anyone goes on. */
  meet(alone?: () => void): void {
    const { state } = this;
    const round = Atomics.load(state, ROUND);
    if (Atomics.add(state, ARRIVED, 1) < this.threads - 1) {
      while (Atomics.load(state, ROUND) === round) Atomics.wait(state, ROUND, round);
      return;
    }
    Atomics.store(state, ARRIVED, 0);
    Atomics.store(state, NEXT_TASK, 0);
    alone?.();
    Atomics.add(state, ROUND, 1);
    Atomics.notify(state, ROUND);
  }

  /** Asks all threads to stop; `stopped` is the same for all of them after the next meeting. */
  stop(): void {
    Atomics.store(this.state, STOPPED, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.state, STOPPED) === 1;
  }
}
