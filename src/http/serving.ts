import { ShortlistError } from '../errors.js';
import type { Recommender } from '../recommender/recommender.js';

/** What the API asks of a recommender. */
export type RecommendationService = Pick<
  Recommender,
  'recommend' | 'similar' | 'popular' | 'item' | 'findItems' | 'manifest'
>;

/**
 * The recommender that answers now. A request takes the reference once, so that no reply mixes two snapshots when
 * another one takes over in between.
 */
export class Serving {
  #recommender: RecommendationService | undefined;
  #stopping = false;

  constructor(recommender?: RecommendationService) {
    this.#recommender = recommender;
  }

  /** @throws {ShortlistError} `not-ready` while there is none */
  get recommender(): RecommendationService {
    if (this.#recommender) return this.#recommender;
    throw new ShortlistError('not-ready', 'No snapshot is loaded yet. Try again in a second.');
  }

  /** Whether there is a recommender and no shutdown under way. */
  get ready(): boolean {
    return this.#recommender !== undefined && !this.#stopping;
  }

  /** From the next request on, this one answers. */
  replace(recommender: RecommendationService): void {
    this.#recommender = recommender;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** From now on the service says that it is not ready, so that a load balancer sends requests elsewhere. */
  stop(): void {
    this.#stopping = true;
  }
}
