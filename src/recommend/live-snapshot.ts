import { stat } from 'node:fs/promises';
import { checkOption, integer } from '../base/options/option.js';
import { messageOf, ShortlistError } from '../errors.js';
import type { SnapshotStore } from '../snapshot/store.js';
import type { EventStore } from './events/event-store.js';
import { loadInBackground } from './load-in-background.js';
import type { Recommender } from './recommender.js';

/** What a change of snapshots came to. */
export interface SnapshotChange {
  /** The snapshot that answers from now on. */
  readonly snapshot: string;
  /** The one that answered before: the same where nothing had to change. */
  readonly previous: string;
}

export interface LiveSnapshotOptions {
  readonly store: SnapshotStore;
  /** What users did since a snapshot was made; it belongs to the caller, who closes it. Default: none. */
  readonly events?: EventStore | undefined;
  /** File of lists that a batch makes, read again whenever it has changed. Default: every answer is computed. */
  readonly precomputed?: string | undefined;
  /** Called when another snapshot, or other lists, have taken over. */
  readonly onChange?: (change: SnapshotChange) => void;
  /** Called when `watch` finds a current snapshot that cannot be used; the old one stays. Default: `warn`. */
  readonly onRefused?: (error: unknown) => void;
  /** Called with what does not stop anything, such as a damaged snapshot that was passed over. Default: `console.warn`. */
  readonly warn?: (message: string) => void;
}

/** Larger delays than this one end at once. */
const INTERVAL = integer({ meaning: 'milliseconds between two checks of the store', min: 1, max: 2 ** 31 - 1 });

/** Rounds of warming: so that code is compiled, and later, when it is, so that memory is there. */
const FIRST_ROUNDS = 100;
const LATER_ROUNDS = 10;

/**
 * The snapshot that answers now, and how it changes while requests are answered: the new one is read and verified in
 * another thread, warmed, and then takes over by one reference. One that is damaged is refused, and the old one stays.
 */
export class LiveSnapshot {
  readonly events: EventStore | undefined;
  readonly #options: LiveSnapshotOptions;
  readonly #warn: (message: string) => void;
  #recommender: Recommender | undefined;
  /** Changes happen one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve();
  /** A current snapshot that turned out bad: not tried again until somebody asks or another one is current. */
  #refused: string | undefined;
  /** What was last wrong with `current` itself, which is told once. */
  #unreadable: string | undefined;
  /** State of the file of precomputed lists when it was last read. */
  #listsRead: string | undefined;
  #stopWatching = () => {};

  /** One that is not ready until `load` has ended. */
  constructor(options: LiveSnapshotOptions) {
    this.#options = options;
    this.events = options.events;
    this.#warn = options.warn ?? console.warn;
  }

  /**
   * Loads the newest good snapshot of a store.
   * @throws {ShortlistError} `no-snapshot`
   */
  static async open(options: LiveSnapshotOptions): Promise<LiveSnapshot> {
    const live = new LiveSnapshot(options);
    await live.load();
    return live;
  }

  /**
   * Answers from here on. Read it once for each request, so that no answer mixes two snapshots.
   * @throws {ShortlistError} `not-ready` while none is loaded
   */
  get recommender(): Recommender {
    if (this.#recommender) return this.#recommender;
    throw new ShortlistError('not-ready', 'No snapshot is loaded yet. Try again in a second.');
  }

  get isReady(): boolean {
    return this.#recommender !== undefined;
  }

  /**
   * Begins with the newest good snapshot, the current one first.
   * @throws {ShortlistError} `no-snapshot`
   */
  load(): Promise<Recommender> {
    // Whoever looks for the newest good one says what is wrong with `current`.
    return this.#inTurn(async () => this.#begin(await this.#readCurrent(() => {})));
  }

  /**
   * Switches to the current snapshot of the store.
   * @throws {ShortlistError} `no-snapshot`, `snapshot-damaged`, `not-ready`
   */
  reload(): Promise<SnapshotChange> {
    return this.#inTurn(async () => this.#changeTo(await this.#current()));
  }

  /**
   * Switches back to an earlier snapshot and makes it the current one of the store.
   * @param to its id. Default: the newest that is older than the one that answers.
   * @throws {ShortlistError} `unknown-snapshot`, `no-earlier-snapshot`, `snapshot-damaged`, `snapshot-unwritable`,
   *   `not-ready`
   */
  rollback(to?: string): Promise<SnapshotChange> {
    const { store } = this.#options;
    return this.#inTurn(async () => {
      const id = await store.earlier(this.recommender.manifest.id, to);
      return this.#changeTo(id, () => store.makeCurrent(id));
    });
  }

  /**
   * From now on switches to each snapshot that becomes the current one, and to new precomputed lists; loads the first one
   * where none is loaded.
   * @param intervalMs between two checks of the store, a whole number; the timer does not keep a process alive
   * @throws {ShortlistError} `invalid-option`
   */
  watch(intervalMs: number): void {
    checkOption('intervalMs', INTERVAL, intervalMs);
    this.#stopWatching();
    const { onRefused = error => this.#warn(`The current snapshot is refused. ${messageOf(error)}`) } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const check = async () => {
      try {
        await this.#inTurn(() => this.#follow());
      } catch (error) {
        onRefused(error);
      }
      if (timer) timer = setTimeout(check, intervalMs).unref();
    };
    timer = setTimeout(check, intervalMs).unref();
    this.#stopWatching = () => {
      clearTimeout(timer);
      timer = undefined;
    };
  }

  /** Ends watching. What answers now still does. */
  close(): void {
    this.#stopWatching();
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const next = this.#lastChange.then(change);
    this.#lastChange = next.catch(() => {});
    return next;
  }

  /** Takes what is new, but no current snapshot that was refused. */
  async #follow(): Promise<void> {
    let isUnreadable = false;
    const current = await this.#readCurrent(error => {
      if (this.isReady) throw error;
      isUnreadable = true;
    });
    const isRefused = current === undefined || current === this.#refused;
    if (this.isReady) await this.#changeTo(isRefused ? this.recommender.manifest.id : current);
    else if (isUnreadable || !isRefused) await this.#begin(current);
  }

  /** @param onUnreadable called with what is wrong, once as long as it is the same; the result is then undefined */
  async #readCurrent(onUnreadable: (error: unknown) => void): Promise<string | undefined> {
    try {
      const id = await this.#options.store.current();
      this.#unreadable = undefined;
      return id;
    } catch (error) {
      const isKnown = this.#unreadable === messageOf(error);
      this.#unreadable = messageOf(error);
      if (!isKnown) onUnreadable(error);
      return undefined;
    }
  }

  async #current(): Promise<string> {
    const { store } = this.#options;
    const id = await store.current();
    if (id !== undefined) return id;
    throw new ShortlistError('no-snapshot', `No snapshot is the current one in ${store.directory}.`, {
      directory: store.directory,
    });
  }

  /** @param commit is done once the snapshot has proved good, and before it takes over */
  async #changeTo(id: string, commit: () => Promise<void> = async () => {}): Promise<SnapshotChange> {
    const change = { snapshot: id, previous: this.recommender.manifest.id };
    if (id === change.previous && (await this.#listsState()) === this.#listsRead) {
      await commit();
      return change;
    }
    const recommender = await this.#prepare(id, id);
    await commit();
    this.#recommender = recommender;
    this.#options.onChange?.(change);
    return change;
  }

  async #begin(current: string | undefined): Promise<Recommender> {
    this.#recommender = await this.#prepare(undefined, current);
    return this.#recommender;
  }

  /**
   * Reads and warms a snapshot.
   * @param id undefined: the newest good one
   * @param wanted counts as refused unless it is what was read
   */
  async #prepare(id: string | undefined, wanted: string | undefined): Promise<Recommender> {
    this.#refused = wanted;
    this.#listsRead = await this.#listsState();
    const { store, precomputed } = this.#options;
    const warmUpRounds = this.isReady ? LATER_ROUNDS : FIRST_ROUNDS;
    const recommender = await loadInBackground({ store, id, precomputed, warmUpRounds }, this.#warn, this.events);
    if (recommender.manifest.id === wanted) this.#refused = undefined;
    return recommender;
  }

  async #listsState(): Promise<string | undefined> {
    const { precomputed } = this.#options;
    const file = precomputed === undefined ? undefined : await stat(precomputed).catch(() => undefined);
    return file && `${file.ino} ${file.size} ${file.mtimeMs}`;
  }
}
