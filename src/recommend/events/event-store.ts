/** A new interaction as a store keeps it. */
export interface LoggedEvent {
  /** At most 1,024 characters and none of them a control character, so that an event is one line of a log. Likewise the item's. */
  readonly userId: string;
  readonly itemId: string;
  /** Rating or weight. Undefined where there are no ratings. */
  readonly value: number | undefined;
  /** Seconds since 1970, whole. 0 where there are no times. */
  readonly timestamp: number;
  /**
   * Of what `of` tells: the sum of the values of all events of the user and the item that are there, one without a value
   * counting 1. Default: the value.
   */
  readonly total?: number;
}

/** What events have beside ids: the same as the ratings that the next rebuild reads together with them. */
export interface EventColumns {
  readonly rated: boolean;
  readonly timed: boolean;
}

/** How a store does, for those who watch it. */
export interface EventStoreStatus {
  /** Whether events cannot be logged now, or those of other processes not be read, as far as is known. */
  readonly failing: boolean;
  /** Calls of `append` that failed because their events could not be written. */
  readonly failedWrites: number;
}

/** Keeps new interactions durably until a rebuild takes them in, and tells what each user did lately. */
export interface EventStore {
  /**
   * A user's recent events, one for each item, the latest to come last; undefined when there are none. Answered from
   * memory, because every request for recommendations asks.
   */
  of(userId: string): readonly LoggedEvent[] | undefined;

  /** The time of the event with the item that `of` tells, for those who need no more; undefined when there is none. */
  timestampOf?(userId: string, itemId: string): number | undefined;

  /**
   * Resolves when the events are durable and `of` knows them.
   * @param columns of a store that has to be begun; events have what these say
   * @throws {ShortlistError} `events-unavailable` when they could not be written (some of them may have been), or
   *   `overloaded`
   */
  append(events: readonly LoggedEvent[], columns: EventColumns): Promise<void>;

  /**
   * A number that changes whenever what `of` tells of the user does, and never comes again; undefined when there are no
   * events. For those who keep what they made of them.
   */
  versionOf?(userId: string): number | undefined;

  status?(): EventStoreStatus;

  /** Ends what goes on in the background, such as looking for the events of other processes. */
  close(): void | Promise<void>;
}
