import type { Histogram } from 'prom-client';

/** Milliseconds between two looks. */
const INTERVAL_MS = 10;

/**
 * Observes, in seconds, how much later than it should a timer runs: what a request waits at worst because the process
 * does something else. Timers count whole milliseconds, so that up to one of them is no delay.
 */
export function observeLoopDelay(histogram: Pick<Histogram, 'observe'>): void {
  let due = performance.now() + INTERVAL_MS;
  setInterval(() => {
    const now = performance.now();
    histogram.observe(Math.max(0, now - due) / 1000);
    due = now + INTERVAL_MS;
  }, INTERVAL_MS).unref();
}
