import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../base/files/make-directory.js';
import { completeOptions, type GivenValues, integer } from '../../base/options/option.js';
import { messageOf, ShortlistError } from '../../errors.js';
import { headerOf, LOG_FILE } from '../../learn/ratings/event-log.js';
import { lineOf } from './event-line.js';
import type { EventColumns, EventStore, EventStoreStatus, LoggedEvent } from './event-store.js';
import { APPENDING, beginFile, openIfThere, overwrite, PRIVATE_DIRECTORY, restOf, tryRoom } from './log-file.js';
import { LogReader, NEWLINE } from './log-reader.js';
import { RecentEvents } from './recent-events.js';
import { Trouble } from './trouble.js';

/** Milliseconds between two reads of what other processes logged. */
const POLL_MS = 1000;
/** Bytes of events that may wait for the disk or be on their way to it; a disk that hangs must not fill the memory. */
const MAX_WAITING_BYTES = 20_000_000;
/** What an event takes while it waits, beside two bytes for each character of its ids. */
const WAITING_EVENT_BYTES = 200;
/** A batch is written again when the write before it broke off in the same moment, or the log was moved away. */
const ATTEMPTS = 3;
/** Milliseconds after which a write that goes on is one that fails. */
const SLOW_WRITE_MS = 10_000;
/** Room that there has to be before a log that could not be written counts as writable again. */
const LEAST_ROOM_BYTES = 2 ** 16;
const MEGABYTE = 2 ** 20;

/** What `CsvEventLog.open` takes. */
export const EVENT_LOG_OPTIONS = {
  /** Raise it where more happens between two rebuilds than fits: the events of users whom it forgets count only then. */
  memoryMb: integer({
    meaning: 'Most memory that recent events take, in MB (2^20 bytes), outside the JavaScript heap',
    min: 1,
    max: 16_384,
    default: 256,
  }),
};
export type EventLogOptions = GivenValues<typeof EVENT_LOG_OPTIONS>;

/**
 * A durable log of new interactions: a CSV file in UTF-8 that `readRatings` reads like any other, and the recent events in
 * memory, which are always what reading the file gives, as far as they fit into the memory that they may take. Several
 * processes may share it: each write is one `write` of whole lines at the end of the file. A log that is moved away or cut
 * is begun anew.
 *
 * A process that is killed or a disk that is full may leave a broken last line. Nobody was promised that it is logged; it is
 * overwritten with line breaks, because empty lines are no rows to any reader.
 */
export class CsvEventLog implements EventStore {
  readonly path: string;
  readonly #recent: RecentEvents;
  readonly #reader: LogReader;
  /** Ends when all work on the file that was begun has ended: one thing at a time is done with it. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** Events of the next write and when it is done. */
  #waiting: (readonly LoggedEvent[])[] = [];
  #nextWrite: Promise<void> | undefined;
  #waitingBytes = 0;

  readonly #trouble: Trouble;
  #failedWrites = 0;
  /** How much the last write that failed was to write. */
  #failedBytes = 0;
  #writingSince = Number.POSITIVE_INFINITY;

  private constructor(directory: string, warn: (message: string) => void, memoryMb: number) {
    this.path = join(directory, LOG_FILE);
    this.#recent = new RecentEvents(memoryMb * MEGABYTE);
    this.#reader = new LogReader(this.path, this.#recent, warn);
    this.#trouble = new Trouble(`The log of events ${this.path}`, warn);
  }

  /**
   * Opens the log in a directory and reads it. What is made, directory and file, only this user may read.
   * @param warn called for damaged lines, which are passed over, and when the log cannot be used or can be again.
   *   Default: `console.warn`.
   * @throws {ShortlistError} `events-unavailable`, `invalid-option`
   */
  static async open(
    directory: string,
    warn: (message: string) => void = console.warn,
    options: EventLogOptions = {},
  ): Promise<CsvEventLog> {
    const { memoryMb } = completeOptions(EVENT_LOG_OPTIONS, options, {});
    const log = new CsvEventLog(directory, warn, memoryMb);
    try {
      makeDirectory(directory, PRIVATE_DIRECTORY);
      const file = await openIfThere(log.path, 'r');
      const broken = file && (await log.#reader.readOn(file).finally(() => file.close()));
      if (broken?.length) await log.#mend();
    } catch (cause) {
      const message = `The log of events ${log.path} cannot be used: ${messageOf(cause)}.`;
      throw new ShortlistError('events-unavailable', message, { path: log.path }, { cause });
    }
    log.#poll();
    return log;
  }

  of(userId: string): readonly LoggedEvent[] | undefined {
    return this.#recent.of(userId);
  }

  timestampOf(userId: string, itemId: string): number | undefined {
    return this.#recent.timestampOf(userId, itemId);
  }

  versionOf(userId: string): number | undefined {
    return this.#recent.versionOf(userId);
  }

  /** A write that has not ended for ten seconds counts as one that fails. */
  status(): EventStoreStatus {
    const isSlow = performance.now() - this.#writingSince > SLOW_WRITE_MS;
    return { failing: this.#trouble.isFailing || isSlow, failedWrites: this.#failedWrites };
  }

  /** Calls that wait for the disk at the same time share one write. */
  async append(events: readonly LoggedEvent[], columns: EventColumns): Promise<void> {
    const bytes = events.reduce((sum, event) => sum + WAITING_EVENT_BYTES + 2 * charactersOf(event), 0);
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      throw new ShortlistError('overloaded', 'The disk does not keep up with the events. Try again later.');
    }
    this.#waitingBytes += bytes;
    this.#waiting.push(events);
    this.#nextWrite ??= this.#inTurn(() => {
      const batch = this.#waiting.flat();
      this.#waiting = [];
      this.#nextWrite = undefined;
      return this.#commit(batch, columns);
    });
    try {
      await this.#nextWrite;
    } catch (error) {
      this.#failedWrites++;
      throw error;
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  /**
   * Reads what other processes have logged; done every second anyway.
   * @throws {ShortlistError} `events-unavailable`
   */
  catchUp(): Promise<void> {
    return this.#inTurn(async () => {
      const file = await openIfThere(this.path, 'r');
      if (!file) return this.#reader.startOver(undefined);
      await this.#reader.readOn(file).finally(() => file.close());
    });
  }

  /** Reads no more of what other processes log. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    this.#timer = setTimeout(async () => {
      // What went wrong is known to `#trouble`.
      await this.catchUp()
        .then(() => (this.#trouble.isFailing ? this.#inTurn(() => this.#probe()) : undefined))
        .catch(() => {});
      if (this.#timer) this.#poll();
    }, POLL_MS).unref();
  }

  /** What fails is reported with its cause, but thrown with a message without: causes name places on the disk. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work).catch(cause => {
      this.#trouble.failed(messageOf(cause));
      throw new ShortlistError('events-unavailable', UNAVAILABLE, { path: this.path }, { cause });
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  async #commit(events: readonly LoggedEvent[], columns: EventColumns): Promise<void> {
    const linesOf = (there: EventColumns) => events.map(event => `${lineOf(event, there)}\n`).join('');
    this.#writingSince = performance.now();
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const file = await this.#openToAppend(columns);
        try {
          if (await this.#write(file, linesOf)) return this.#trouble.worked();
        } finally {
          await file.close();
        }
      }
      throw new Error(`it changed in the middle of ${ATTEMPTS} writes`);
    } catch (error) {
      this.#failedBytes = events.reduce((sum, event) => sum + charactersOf(event), 0);
      throw error;
    } finally {
      this.#writingSince = Number.POSITIVE_INFINITY;
    }
  }

  /** Finds out whether what failed works again when nobody writes: whether there is room, and a line break can be added. */
  async #probe(): Promise<void> {
    await tryRoom(this.path, Math.max(LEAST_ROOM_BYTES, this.#failedBytes));
    const file = await openIfThere(this.path, APPENDING);
    if (file) await this.#write(file, () => '\n').finally(() => file.close());
    this.#trouble.worked();
  }

  /** Ends a last line that is broken, unless the events to come do so. The disk may be full: it is tried again then. */
  async #mend(): Promise<void> {
    const file = await open(this.path, APPENDING);
    try {
      await this.#write(file, () => '');
    } catch (error) {
      this.#trouble.failed(`it ends in a broken line that could not be overwritten: ${messageOf(error)}`);
    } finally {
      await file.close();
    }
  }

  /** @returns false when the lines have to be written again */
  async #write(file: FileHandle, linesOf: (columns: EventColumns) => string): Promise<boolean> {
    // An unfinished line at the end is one that another process is writing right now, or that it left unfinished when it
    // ended. The line break of ours comes after it either way, and then shows which it was.
    const unfinished = await this.#reader.readOn(file);
    const isUnfinished = unfinished.length > 0 || this.#reader.isInLongLine;
    const { columns } = this.#reader;
    if (!columns) throw new Error('it has no header. Move it away, and a new one is begun');
    const lines = Buffer.from(linesOf(columns));
    const ours = isUnfinished ? Buffer.concat([LINE_BREAK, lines]) : lines;

    const { bytesWritten } = await file.write(ours);
    const written = ours.subarray(0, bytesWritten);
    await file.datasync();
    const added = await restOf(file, this.#reader.offset);
    const blank = (from: number, to: number) =>
      overwrite(this.path, file, this.#reader.offset + from, Buffer.alloc(to - from, NEWLINE));
    if (bytesWritten < ours.length) {
      if (endsWith(added, written)) await blank(added.lastIndexOf(NEWLINE) + 1, added.length);
      throw new Error(`only ${bytesWritten} of ${ours.length} bytes could be written`);
    }
    if (isUnfinished && !this.#reader.isInLongLine && startsWith(added, Buffer.concat([unfinished, ours]))) {
      await blank(0, unfinished.length);
    }
    await this.#reader.readOn(file);
    // Not there: a process died in its write after we had read, and our first line continues its last one.
    return startsWith(added, ours) || added.includes(Buffer.concat([LINE_BREAK, lines]));
  }

  async #openToAppend(columns: EventColumns): Promise<FileHandle> {
    const file = await openIfThere(this.path, APPENDING);
    if (file) return file;
    await beginFile(this.path, `${headerOf(columns)}\n`);
    return open(this.path, APPENDING);
  }
}

/** What the reply to a client says, too. */
const UNAVAILABLE =
  'The events cannot be stored now; some of these may have been. Send them again later. The log of the server tells why.';

function charactersOf({ userId, itemId }: LoggedEvent): number {
  return userId.length + itemId.length;
}

const LINE_BREAK = Buffer.of(NEWLINE);

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}

function endsWith(bytes: Buffer, end: Buffer): boolean {
  return end.length > 0 && bytes.length >= end.length && bytes.subarray(-end.length).equals(end);
}
