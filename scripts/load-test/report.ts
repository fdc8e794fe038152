import type { Machine } from '../command/machine.js';
import type { Siege } from './hostile.js';
import type { Overload, Throughput } from './measurements.js';
import type { PacedResult } from './paced-load.js';
import type { Reloads } from './reloads.js';

/** What was put under load. */
export interface LoadTestFacts {
  readonly snapshot: string;
  readonly items: number;
  readonly factors: number;
  readonly users: number;
}

/** Where, when and how it was measured. */
export interface Circumstances {
  readonly machine: Machine;
  readonly commit: string | null;
  readonly date: string;
  readonly command: string;
}

/** What `npm run load-test -- --hostile --json` prints. */
export interface HostileReport extends LoadTestFacts, Circumstances {
  /** Of each attack. */
  readonly seconds: number;
  readonly sieges: readonly Siege[];
}

/** What `npm run load-test -- --json` prints. */
export interface LoadTestReport extends LoadTestFacts, Circumstances {
  /** Of a typical reply, and of each reply of the bare route. */
  readonly replyBytes: number;
  /** Shortlist, the bare route, and the server of `--compare`. */
  readonly servers: readonly (Throughput & {
    readonly name: string;
    /** Median over the rounds of the throughput as a part of the bare route's in the same round. */
    readonly ofBare: number;
    readonly rounds: readonly Throughput[];
    readonly latencies: readonly LatencyAtRate[];
  })[];
  readonly reloads: Reloads | null;
  readonly overload: Overload | null;
}

/** Latency at a part of the maximum throughput. */
export interface LatencyAtRate extends PacedResult {
  readonly share: number;
  /** Requests a second. */
  readonly rate: number;
  /** 99th percentiles of all rounds; the other figures are of the round where it was the middle one. */
  readonly p99s: readonly number[];
}
