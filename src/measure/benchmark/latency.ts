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
 * Times several ways of answering the same requests. Each round runs all requests of all contenders, beginning with
 * another one each time; of every figure the median over the rounds is taken.
 * @param contenders answer request n
 * @param requests how many there are
 */
export function medianLatencies(
  contenders: readonly ((request: number) => unknown)[],
  requests: number,
  rounds: number,
  onRound?: (round: number) => void,
): Latency[] {
  const measured: Latency[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    onRound?.(round);
    for (let turn = 0; turn < contenders.length; turn++) {
      const c = (turn + round) % contenders.length;
      measured[c]!.push(latencyOf(contenders[c]!, requests));
    }
  }
  return measured.map(latencies => ({
    p50us: median(latencies.map(latency => latency.p50us)),
    p95us: median(latencies.map(latency => latency.p95us)),
    p99us: median(latencies.map(latency => latency.p99us)),
    qps: median(latencies.map(latency => latency.qps)),
  }));
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1] ?? Number.NaN;
}

function latencyOf(answer: (request: number) => unknown, requests: number): Latency {
  const times = new Float64Array(requests);
  let total = 0;
  for (let n = 0; n < requests; n++) {
    const start = performance.now();
    answer(n);
    const us = (performance.now() - start) * 1000;
    times[n] = us;
    total += us;
  }
  times.sort();
  const atMost = (part: number) => times[Math.min(requests - 1, Math.ceil(part * requests) - 1)]!;
  return { p50us: atMost(0.5), p95us: atMost(0.95), p99us: atMost(0.99), qps: (requests / total) * 1e6 };
}
