import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Tier } from '../../recommend/recommendation.js';
import type { Live } from './endpoint.js';
import { LiveRecall } from './live-recall.js';

/** From 50 µs, what a lookup takes, to 1 s, when people no longer wait. */
const SECONDS_BUCKETS = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** From half a millisecond, below which timers do not tell, to a second. */
const DELAY_BUCKETS = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
/** Milliseconds between two timers whose delay is observed. */
const DELAY_INTERVAL_MS = 10;

/** Parts of a request's time: its fields are read and checked, the answer is found, and sent as JSON. */
const STAGES = ['validate', 'answer', 'send'] as const;
/** Stages of every eighth request are observed: an observation costs about a microsecond. */
const STAGE_SAMPLE = 8;

/** What the API counts, in the Prometheus text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly #seconds: Histogram<'operation'>;
  readonly #stages: readonly Histogram.Internal<'stage'>[];
  readonly #problems: Counter<'code'>;
  readonly #tiers: Readonly<Record<Tier, Counter.Internal>>;
  readonly #refused: Counter;
  readonly #wrongKeys: Counter;
  readonly recall: LiveRecall;

  /** @param recallSample measures the recall of every n-th list; 0: of none */
  constructor(live: Live, recallSample = 0) {
    const registers = [this.registry];
    this.#seconds = new Histogram({
      name: 'shortlist_request_seconds',
      help: 'Time from a request’s arrival to its reply, for requests that were answered.',
      labelNames: ['operation'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    const stages = new Histogram({
      name: 'shortlist_stage_seconds',
      help: `Parts of the time of requests that were answered, of one in ${STAGE_SAMPLE}.`,
      labelNames: ['stage'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#stages = STAGES.map(stage => stages.labels(stage));
    this.recall = new LiveRecall(this.registry, recallSample);
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
    this.#wrongKeys = new Counter({
      name: 'shortlist_wrong_keys_total',
      help: 'Requests with an API key that is not known, or not for what it was used for.',
      registers,
    });
    new Gauge({
      name: 'shortlist_snapshot_age_seconds',
      help: 'Time since the snapshot that answers was created.',
      registers,
      aggregator: 'max',
      collect() {
        if (live.isReady) this.set((Date.now() - Date.parse(live.recommender.manifest.created)) / 1000);
      },
    });
    this.#observeEvents(live);
  }

  /** What a store of events tells of itself; no figures where there is none or it tells nothing. */
  #observeEvents({ events }: Live): void {
    const status = events?.status && (() => events.status!());
    if (!status) return;
    new Gauge({
      name: 'shortlist_degraded',
      help: 'Whether (1) a part does not work while recommendations go on.',
      labelNames: ['part'],
      registers: [this.registry],
      aggregator: 'max',
      collect() {
        this.set({ part: 'events' }, Number(status().failing));
      },
    });
    new Counter({
      name: 'shortlist_failed_event_writes_total',
      help: 'Requests with events that could not be written.',
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(status().failedWrites);
      },
    });
  }

  /**
   * Counts what the whole process does, too: its memory, garbage collection and processor time, and the delay of its
   * event loop, which is what a request waits at worst because something else is done. An application that the API is
   * only a part of counts these itself.
   */
  observeProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    const delay = new Histogram({
      name: 'shortlist_event_loop_delay_seconds',
      help: 'How much later than due a timer ran, a hundred times a second.',
      buckets: DELAY_BUCKETS,
      registers: [this.registry],
    });
    let due = performance.now() + DELAY_INTERVAL_MS;
    setInterval(() => {
      const now = performance.now();
      // Timers count whole milliseconds, so that up to one of them is no delay.
      delay.observe(Math.max(0, now - due) / 1000);
      due = now + DELAY_INTERVAL_MS;
    }, DELAY_INTERVAL_MS).unref();
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** All metrics as text: those of this process, unless `main` gathers them from several. */
  text = (): Promise<string> => this.registry.metrics();

  /**
   * A clock for one operation: called with the milliseconds at which a request started, was validated, answered and sent.
   * Made once, because finding the operation is its main cost.
   */
  timerOf(operation: string): (started: number, validated: number, answered: number, sent: number) => void {
    const whole = this.#seconds.labels(operation);
    const [validate, answer, send] = this.#stages;
    let requests = 0;
    return (started, validated, answered, sent) => {
      whole.observe((sent - started) / 1000);
      if (requests++ % STAGE_SAMPLE !== 0) return;
      validate?.observe((validated - started) / 1000);
      answer?.observe((answered - validated) / 1000);
      send?.observe((sent - answered) / 1000);
    };
  }

  countProblem(code: string): void {
    this.#problems.labels(code).inc();
  }

  countTier(tier: Tier): void {
    this.#tiers[tier].inc();
  }

  readonly countRefused = (): void => {
    this.#refused.inc();
  };

  readonly countWrongKey = (): void => {
    this.#wrongKeys.inc();
  };
}
