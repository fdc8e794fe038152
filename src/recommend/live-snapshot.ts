import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { messageOf, ShortlistError } from '../errors.js';
import type { SnapshotStore } from '../snapshot/store.js';
import { loadInBackground } from './load-in-background.js';
import type { Recommender } from './recommender.js';
import type { Serving, SnapshotChange, SnapshotControl } from './serving.js';

/** Rounds of warming: so that code is compiled, and later, when it is, so that memory is there. */
const FIRST_ROUNDS = 100;
const LATER_ROUNDS = 10;

/**
 * Goes over from one snapshot to another while requests are answered: the new one is read and verified in another
 * thread, warmed, and then takes over by one reference. One that is damaged is refused, and the old one stays.
 */
export class SnapshotSwitch implements SnapshotControl {
  readonly #warn: (message: string) => void;
  /** Changes happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #serving: string | undefined;
  /** A current snapshot that turned out bad: not tried again until somebody asks or another one is current. */
  #refused: string | undefined;

  /** State of the file of precomputed lists when it was last read. */
  #listsRead: string | undefined;

  /**
   * @param precomputed file of lists that a batch makes, read again whenever it is another one
   * @param onChange is told when another snapshot has taken over
   */
  constructor(
    private readonly store: SnapshotStore,
    private readonly serving: Serving,
    private readonly logger: Logger,
    private readonly precomputed?: string,
    private readonly onChange: () => void = () => {},
  ) {
    this.#warn = message => logger.warn(message);
  }

  /**
   * Begins with the newest good snapshot, the current one first.
   * @throws {ShortlistError} `no-snapshot`
   */
  async start(): Promise<Recommender> {
    const recommender = await this.#load(undefined);
    await this.#takeOver(recommender);
    const current = await this.store.current();
    if (current !== recommender.manifest.id) this.#refused = current;
    return recommender;
  }

  /** @throws {ShortlistError} `no-snapshot`, `snapshot-damaged` */
  reload(): Promise<SnapshotChange> {
    return this.#next(async () => this.#changeTo(await this.#current()));
  }

  /** @throws {ShortlistError} `unknown-snapshot`, `no-earlier-snapshot`, `snapshot-damaged`, `snapshot-unwritable` */
  rollback(to?: string): Promise<SnapshotChange> {
    return this.#next(async () => {
      const id = await this.store.earlier(this.serving.recommender.manifest.id, to);
      return this.#changeTo(id, () => this.store.makeCurrent(id));
    });
  }

  /**
   * Goes over to each snapshot that becomes the current one.
   * @param intervalMs between two looks at the store
   * @returns ends it
   */
  watch(intervalMs: number): () => void {
    let timer: NodeJS.Timeout;
    const look = async () => {
      const current = await this.store.current();
      const isNew = current !== undefined && current !== this.#serving && current !== this.#refused;
      if (isNew || (await this.#listsState()) !== this.#listsRead) {
        await this.reload().catch(error => this.logger.error(`The current snapshot is refused. ${messageOf(error)}`));
      }
      timer = setTimeout(look, intervalMs).unref();
    };
    timer = setTimeout(look, intervalMs).unref();
    return () => clearTimeout(timer);
  }

  #next<T>(change: () => Promise<T>): Promise<T> {
    const next = this.#last.then(change, change);
    this.#last = next.catch(() => {});
    return next;
  }

  async #current(): Promise<string> {
    const id = await this.store.current();
    if (id !== undefined) return id;
    throw new ShortlistError('no-snapshot', `No snapshot is the current one in ${this.store.directory}.`);
  }

  /** @param commit is done once the snapshot has proved good, and before it takes over */
  async #changeTo(id: string, commit: () => Promise<void> = async () => {}): Promise<SnapshotChange> {
    const previous = this.serving.recommender.manifest.id;
    if (id === previous && (await this.#listsState()) === this.#listsRead) {
      await commit();
      return { snapshot: id, previous };
    }
    try {
      const recommender = await this.#load(id);
      await commit();
      await this.#takeOver(recommender);
    } catch (error) {
      this.#refused = id;
      throw error;
    }
    this.logger.info({ snapshot: id, previous }, `snapshot ${id} answers now`);
    this.onChange();
    return { snapshot: id, previous };
  }

  async #load(id: string | undefined): Promise<Recommender> {
    this.#listsRead = await this.#listsState();
    const { store, precomputed } = this;
    return loadInBackground({ store, id, precomputed }, this.#warn, this.serving.log);
  }

  async #listsState(): Promise<string | undefined> {
    const file = this.precomputed === undefined ? undefined : await stat(this.precomputed).catch(() => undefined);
    return file && `${file.ino} ${file.size} ${file.mtimeMs}`;
  }

  async #takeOver(recommender: Recommender): Promise<void> {
    await recommender.warmUp(this.#serving === undefined ? FIRST_ROUNDS : LATER_ROUNDS);
    this.serving.replace(recommender);
    this.#serving = recommender.manifest.id;
    this.#refused = undefined;
  }
}
