import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../base/files/make-directory.js';
import { completeOptions, type GivenValues, integer } from '../../base/options/option.js';
import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { messageOf, ShortlistError } from '../../errors.js';
import { columnsOf, headerOf, LOG_FILE } from '../../learn/ratings/event-log.js';
import { eventOf, lineOf, MAX_LINE_BYTES } from './event-line.js';
import type { EventColumns, EventStore, EventStoreStatus, LoggedEvent } from './event-store.js';
import { APPENDING, beginFile, openIfThere, overwrite, PRIVATE_DIRECTORY, restOf, tryRoom } from './log-file.js';
import { RecentEvents } from './recent-events.js';
import { Trouble } from './trouble.js';

/** Milliseconds between two reads of what other processes logged. */
const POLL_MS = 1000;
/** Bytes read at a time: their lines take the event loop two or three milliseconds. Longer than any line may be. */
const READ_BYTES = 2 ** 14;
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
const NEWLINE = 0x0a;

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
  readonly #warn: (message: string) => void;
  /** Ends when all work on the file that was begun has ended: one thing at a time is done with it. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** The file that was read, up to where, and what it holds. */
  #inode: number | undefined;
  #offset = 0;
  #lines = 0;
  #columns: EventColumns | undefined;
  /** Whether that is inside a line that is longer than any may be. */
  #inLongLine = false;

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
    this.#warn = warn;
    this.#recent = new RecentEvents(memoryMb * MEGABYTE);
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
      const broken = file && (await log.#readOn(file).finally(() => file.close()));
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
      if (!file) return this.#startOver(undefined);
      await this.#readOn(file).finally(() => file.close());
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
    const unfinished = await this.#readOn(file);
    const isUnfinished = unfinished.length > 0 || this.#inLongLine;
    const columns = this.#columns;
    if (!columns) throw new Error('it has no header. Move it away, and a new one is begun');
    const lines = Buffer.from(linesOf(columns));
    const ours = isUnfinished ? Buffer.concat([LINE_BREAK, lines]) : lines;

    const { bytesWritten } = await file.write(ours);
    const written = ours.subarray(0, bytesWritten);
    await file.datasync();
    const added = await restOf(file, this.#offset);
    const blank = (from: number, to: number) =>
      overwrite(this.path, file, this.#offset + from, Buffer.alloc(to - from, NEWLINE));
    if (bytesWritten < ours.length) {
      if (endsWith(added, written)) await blank(added.lastIndexOf(NEWLINE) + 1, added.length);
      throw new Error(`only ${bytesWritten} of ${ours.length} bytes could be written`);
    }
    if (isUnfinished && !this.#inLongLine && startsWith(added, Buffer.concat([unfinished, ours]))) {
      await blank(0, unfinished.length);
    }
    await this.#readOn(file);
    // Not there: a process died in its write after we had read, and our first line continues its last one.
    return startsWith(added, ours) || added.includes(Buffer.concat([LINE_BREAK, lines]));
  }

  async #openToAppend(columns: EventColumns): Promise<FileHandle> {
    const file = await openIfThere(this.path, APPENDING);
    if (file) return file;
    await beginFile(this.path, `${headerOf(columns)}\n`);
    return open(this.path, APPENDING);
  }

  /** Takes in the lines that were not read yet. @returns the bytes after the last line break, or of a long line the rest */
  async #readOn(file: FileHandle): Promise<Buffer> {
    const { ino, size } = await file.stat();
    if (ino !== this.#inode || size < this.#offset) this.#startOver(ino);
    const damaged: DamagedLines = { first: 0, count: 0 };
    // One byte more than there seems to be shows the end of the file.
    let buffer = Buffer.allocUnsafeSlow(Math.min(size - this.#offset + 1, READ_BYTES));
    for (;;) {
      const { bytesRead } = await file.read({ buffer, position: this.#offset });
      const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      this.#takeLines(buffer.subarray(0, end), damaged);
      this.#offset += end;
      if (bytesRead < buffer.length) {
        if (damaged.count > 0) this.#warnOf(damaged);
        return buffer.subarray(end, bytesRead);
      }
      if (end === 0 && bytesRead === READ_BYTES) {
        this.#columns ??= this.#columnsIn(buffer.toString('latin1', 0, bytesRead));
        this.#inLongLine = true;
        this.#offset += bytesRead;
      }
      if (buffer.length < READ_BYTES) buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    }
  }

  #takeLines(lines: Buffer, damaged: DamagedLines): void {
    const isText = isUtf8(lines);
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(NEWLINE, start);
      this.#lines++;
      const isLong = this.#inLongLine || end - start > MAX_LINE_BYTES;
      this.#inLongLine = false;
      // Bytes that are no UTF-8 would all become the same character, and two users the same one.
      const isLine = !isLong && (isText || isUtf8(lines.subarray(start, end)));
      const line = isLine ? lines.toString('utf8', start, end) : undefined;
      if (this.#columns === undefined) {
        this.#columns = this.#columnsIn(line ?? lines.toString('latin1', start, end));
      } else if (line !== '') {
        const event = line === undefined ? undefined : eventOf(line, this.#columns);
        if (event) this.#recent.add(event);
        else if (damaged.count++ === 0) damaged.first = this.#lines;
      }
      start = end + 1;
    }
  }

  #columnsIn(header: string): EventColumns {
    const columns = columnsOf(header);
    if (columns) return columns;
    const headers = [true, false].flatMap(rated => [true, false].map(timed => headerOf({ rated, timed })));
    throw new Error(
      `its first line is "${header.slice(0, 100)}", expected one of ${headers.join(' ')}. ` +
        'Move it away, and a new one is begun',
    );
  }

  #startOver(inode: number | undefined): void {
    this.#inode = inode;
    this.#offset = 0;
    this.#lines = 0;
    this.#columns = undefined;
    this.#inLongLine = false;
    this.#recent.clear();
  }

  #warnOf({ first, count }: DamagedLines): void {
    const others = count > 1 ? ` (and of ${count - 1} after it)` : '';
    const header = this.#columns && headerOf(this.#columns);
    const expected = `${header} in UTF-8, with ids of at most ${MAX_ID_LENGTH} characters`;
    this.#warn(`${this.path}, line ${first}: expected ${expected}. The event of this line${others} is lost.`);
  }
}

/** What the reply to a client says, too. */
const UNAVAILABLE =
  'The events cannot be stored now; some of these may have been. Send them again later. The log of the server tells why.';

/** The first line that could not be read, counted from 1, and how many there were. */
interface DamagedLines {
  first: number;
  count: number;
}

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
