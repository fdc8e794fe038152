import { ShortlistError } from '../errors.js';
import type { EventLog } from './events/csv-log.js';
import type { Recommender } from './recommender.js';

/** What the API asks of a recommender. */
export type RecommendationService = Pick<
  Recommender,
  'recommend' | 'recallOf' | 'similar' | 'popular' | 'item' | 'findItems' | 'knows' | 'manifest'
>;

/** What a change of snapshots came to. */
export interface SnapshotChange {
  /** The snapshot that answers from now on. */
  readonly snapshot: string;
  /** The one that answered before: the same where nothing had to change. */
  readonly previous: string;
}

/** Changes which snapshot answers. */
export interface SnapshotControl {
  /** Goes over to the current snapshot of the store. */
  reload(): Promise<SnapshotChange>;
  /** Goes back to an earlier snapshot, by default the one before, and makes it the current one of the store. */
  rollback(to?: string): Promise<SnapshotChange>;
}

/**
 * The recommender that answers now. A request takes the reference once, so that no reply mixes two snapshots when
 * another one takes over in between.
 */
export class Serving {
  #recommender: RecommendationService | undefined;
  #control: SnapshotControl | undefined;
  #stopping = false;

  /** @param log of new interactions; none: they are not taken */
  constructor(
    recommender?: RecommendationService,
    readonly log?: Pick<EventLog, 'append' | 'of'>,
  ) {
    this.#recommender = recommender;
  }

  /** @throws {ShortlistError} `events-off` when there is none */
  get events(): Pick<EventLog, 'append'> {
    if (this.log) return this.log;
    throw new ShortlistError(
      'events-off',
      'This server takes no events. Start it with EVENTS set to a directory, such as EVENTS=data/events.',
    );
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

  /** @throws {ShortlistError} `not-ready` where nobody controls this */
  get control(): SnapshotControl {
    if (this.#control) return this.#control;
    throw new ShortlistError('not-ready', 'This process cannot change its snapshot.');
  }

  controlledBy(control: SnapshotControl): void {
    this.#control = control;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** From now on the service says that it is not ready, so that a load balancer sends requests elsewhere. */
  stop(): void {
    this.#stopping = true;
  }
}
