import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Recommendation } from '../recommender/recommendation.js';
import type { Serving } from './serving.js';

/** From 50 µs, what a lookup takes, to 1 s, when nobody waits any more. */
const SECONDS_BUCKETS = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** What the process counts about itself, in the Prometheus text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly #seconds: Histogram<'operation'>;
  readonly #problems: Counter<'code'>;
  readonly #tiers: Readonly<Record<Recommendation['source'], Counter.Internal>>;
  readonly #refused: Counter;

  constructor(serving: Serving) {
    const registers = [this.registry];
    // Event-loop lag, memory, garbage collection and processor time.
    collectDefaultMetrics({ register: this.registry });
    this.#seconds = new Histogram({
      name: 'shortlist_request_seconds',
      help: 'Time from a request’s arrival to its reply, for requests that were answered.',
      labelNames: ['operation'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#problems = new Counter({
      name: 'shortlist_problems_total',
      help: 'Requests answered with a problem, by its code.',
      labelNames: ['code'],
      registers,
    });
    const tiers = new Counter({
      name: 'shortlist_recommendations_total',
      help: 'Single recommendation lists served, by what they rest on.',
      labelNames: ['source'],
      registers,
    });
    this.#tiers = {
      model: tiers.labels('model'),
      'fold-in': tiers.labels('fold-in'),
      popularity: tiers.labels('popularity'),
    };
    this.#refused = new Counter({
      name: 'shortlist_overload_refusals_total',
      help: 'Requests refused because too many came at once.',
      registers,
    });
    new Gauge({
      name: 'shortlist_snapshot_age_seconds',
      help: 'Time since the snapshot that answers was created.',
      registers,
      aggregator: 'max',
      collect() {
        if (serving.ready) this.set((Date.now() - Date.parse(serving.recommender.manifest.created)) / 1000);
      },
    });
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** All metrics as text: those of this process, unless somebody gathers them of several. */
  text = (): Promise<string> => this.registry.metrics();

  /** A clock for one operation, to be told the seconds of each request; looked up once because that is its main cost. */
  timerOf(operation: string): (seconds: number) => void {
    const child = this.#seconds.labels(operation);
    return seconds => child.observe(seconds);
  }

  countProblem(code: string): void {
    this.#problems.labels(code).inc();
  }

  countTier(source: Recommendation['source']): void {
    this.#tiers[source].inc();
  }

  readonly countRefused = (): void => {
    this.#refused.inc();
  };
}
