/**
 * Work that takes long, in steps of well under a millisecond, as a rule: at each `yield` something else may be done on this
 * thread first.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Does work at once. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Whether something is yet to be made, in steps. */
export function isSteps<T>(answer: T | Steps<T>): answer is Steps<T> {
  return typeof answer === 'object' && answer !== null && Symbol.iterator in answer;
}
