import { Counter, Gauge, type Registry } from 'prom-client';
import type { Tier } from '../../recommend/recommendation.js';

/** Samples whose mean is shown. */
const LATEST = 100;

/**
 * Recall of the lists that are served, from a sample of real requests that is answered again exactly, after the reply
 * was sent.
 */
export class LiveRecall {
  readonly #latest: number[] = [];
  readonly #samples: Counter;
  #lists = 0;

  /** @param every measures every n-th list; 0: none */
  constructor(
    registry: Registry,
    private readonly every: number,
  ) {
    const latest = this.#latest;
    const registers = [registry];
    this.#samples = new Counter({
      name: 'shortlist_recall_samples_total',
      help: 'Lists whose recall was measured.',
      registers,
    });
    new Gauge({
      name: 'shortlist_live_recall',
      help: `Mean share of the exact list that was served, over the latest ${LATEST} samples.`,
      registers,
      aggregator: 'average',
      collect() {
        if (latest.length > 0) this.set(latest.reduce((sum, recall) => sum + recall, 0) / latest.length);
        // Nothing is known yet, which is not the 0 that a gauge begins with.
        else this.remove();
      },
    });
  }

  /**
   * Counts a list, and measures every n-th one in the next turn of the event loop.
   * @param recall of the list, 0 … 1
   */
  sample(tier: Tier, recall: () => number): void {
    if (this.every === 0 || tier === 'popularity' || ++this.#lists % this.every !== 0) return;
    setImmediate(() => {
      try {
        this.#add(recall());
      } catch {
        // Another snapshot may have taken over that does not know what was asked for: nothing to measure then.
      }
    });
  }

  #add(recall: number): void {
    this.#samples.inc();
    if (this.#latest.push(recall) > LATEST) this.#latest.shift();
  }
}
