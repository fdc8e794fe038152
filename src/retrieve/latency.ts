import { setImmediate as nextTurn } from 'node:timers/promises';
import { quantile } from '../base/numeric/statistics.js';

/** How long requests take, one after the other on one thread. */
export interface Latency {
  /** Microseconds that 50, 95 and 99 of 100 requests don't exceed. */
  readonly p50us: number;
  readonly p95us: number;
  readonly p99us: number;
  /** Requests a second. */
  readonly qps: number;
}

/**
 * Compares several ways of answering the same requests. In a round each contender answers all requests one after the
 * other, as a service that has one source and setting does: between requests to other sources it would find the caches
 * full of theirs. Every round begins with another contender, so that a busy moment of the machine hits all alike; and of
 * each contender the round of the least median counts, since what disturbs only adds time.
 * Between two contenders the event loop gets its turn, for signals and progress.
 * @param contenders answer request n and return the microseconds that this took
 * @param requests how many there are
 * @param onRound called with the number of each round before it begins
 */
export async function compareLatencies(
  contenders: readonly ((request: number) => number)[],
  requests: number,
  rounds: number,
  onRound?: (round: number) => void,
): Promise<Latency[]> {
  const calmest = contenders.map((): Latency => ({ p50us: Infinity, p95us: Infinity, p99us: Infinity, qps: 0 }));
  const shift = Math.max(1, Math.floor(contenders.length / rounds));
  for (let round = 0; round < rounds; round++) {
    onRound?.(round);
    for (let turn = 0; turn < contenders.length; turn++) {
      const c = (turn + round * shift) % contenders.length;
      const latency = latencyOf(Float64Array.from({ length: requests }, (_, n) => contenders[c]!(n)));
      await nextTurn();
      if (latency.p50us < calmest[c]!.p50us) calmest[c] = latency;
    }
  }
  return calmest;
}

function latencyOf(times: Float64Array): Latency {
  return {
    p50us: quantile(times, 0.5),
    p95us: quantile(times, 0.95),
    p99us: quantile(times, 0.99),
    qps: (times.length / times.reduce((sum, us) => sum + us, 0)) * 1e6,
  };
}
