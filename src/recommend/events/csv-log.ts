import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../base/files/make-directory.js';
import { messageOf, ShortlistError } from '../../errors.js';
import { columnsOf, eventOf, headerOf, lineOf } from './event-line.js';
import type { EventColumns, EventStore, LoggedEvent } from './event-store.js';
import { APPENDING, beginFile, openIfThere, overwrite, restOf } from './log-file.js';
import { RecentEvents } from './recent-events.js';

/** Name of the log in its directory. */
const EVENTS_FILE = 'events.csv';

/** Milliseconds between two reads of what other processes logged. */
const POLL_MS = 1000;
/** Bytes read at a time: their lines take the event loop some milliseconds. */
const READ_BYTES = 2 ** 18;
/** Events that may wait for the disk; a disk that hangs must not fill the memory. */
const MAX_WAITING = 100_000;
/** A batch is written again when the write before it broke off in the same moment, or the log was moved away. */
const ATTEMPTS = 3;
const NEWLINE = 0x0a;

/**
 * A durable log of new interactions: a CSV file that `readRatings` reads like any other, and the recent events in memory,
 * which are always what reading the file gives. Several processes may share it: each write is one `write` of
 * whole lines at the end of the file. A log that is moved away or cut is begun anew.
 *
 * A process that is killed or a disk that is full may leave a broken last line. Nobody was promised that it is logged; it is
 * overwritten with line breaks, because empty lines are no rows to any reader.
 */
export class CsvEventLog implements EventStore {
  readonly path: string;
  readonly #recent = new RecentEvents();
  readonly #warn: (message: string) => void;
  /** Ends when all work on the file that was begun has ended: one thing at a time is done with it. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** The file that was read, up to where, and what it holds. */
  #inode: number | undefined;
  #offset = 0;
  #lines = 0;
  #columns: EventColumns | undefined;

  /** Events of the next write and when it is done. */
  #waiting: LoggedEvent[] = [];
  #nextWrite: Promise<void> | undefined;

  private constructor(directory: string, warn: (message: string) => void) {
    this.path = join(directory, EVENTS_FILE);
    this.#warn = warn;
  }

  /**
   * Opens the log in a directory, which is made if there is none, and reads it.
   * @param warn called for damaged lines, which are passed over. Default: `console.warn`.
   * @throws {ShortlistError} `events-unavailable`
   */
  static async open(directory: string, warn: (message: string) => void = console.warn): Promise<CsvEventLog> {
    const log = new CsvEventLog(directory, warn);
    try {
      makeDirectory(directory);
      const file = await openIfThere(log.path, 'r');
      const broken = file && (await log.#readOn(file).finally(() => file.close()));
      if (broken?.length) await log.#mend();
    } catch (error) {
      throw log.#unavailable(error);
    }
    log.#poll();
    return log;
  }

  of(userId: string): readonly LoggedEvent[] | undefined {
    return this.#recent.of(userId);
  }

  /** Calls that wait for the disk at the same time share one write. */
  async append(events: readonly LoggedEvent[], columns: EventColumns): Promise<void> {
    if (this.#waiting.length + events.length > MAX_WAITING) {
      throw new ShortlistError('overloaded', 'The disk does not keep up with the events. Try again later.');
    }
    this.#waiting.push(...events);
    this.#nextWrite ??= this.#inTurn(() => {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#nextWrite = undefined;
      return this.#commit(batch, columns);
    });
    return this.#nextWrite;
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

  /** @param known the complaint about the last read, which is not repeated */
  #poll(known = ''): void {
    this.#timer = setTimeout(async () => {
      const complaint = await this.catchUp().then(() => '', messageOf);
      if (complaint !== '' && complaint !== known) this.#warn(complaint);
      if (this.#timer) this.#poll(complaint);
    }, POLL_MS).unref();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work).catch(error => {
      throw this.#unavailable(error);
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  async #commit(events: readonly LoggedEvent[], columns: EventColumns): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const file = await this.#openToAppend(columns);
      try {
        if (await this.#write(file, events)) return;
      } finally {
        await file.close();
      }
    }
    throw new Error(`it changed in the middle of ${ATTEMPTS} writes`);
  }

  /** Ends a last line that is broken, unless the events to come do so. The disk may be full: it is tried again then. */
  async #mend(): Promise<void> {
    const file = await open(this.path, APPENDING);
    try {
      await this.#write(file, []);
    } catch (error) {
      this.#warn(`${this.path} ends in a broken line that could not be overwritten: ${messageOf(error)}`);
    } finally {
      await file.close();
    }
  }

  /** @returns false when the events have to be written again */
  async #write(file: FileHandle, events: readonly LoggedEvent[]): Promise<boolean> {
    // An unfinished line at the end is one that another process is writing right now, or that it left unfinished when it
    // ended. The line break of ours comes after it either way, and then shows which it was.
    const unfinished = await this.#readOn(file);
    const columns = this.#columns;
    if (!columns) throw new Error('it has no header. Move it away, and a new one is begun');
    const lines = Buffer.from(events.map(event => `${lineOf(event, columns)}\n`).join(''));
    const ours = unfinished.length > 0 ? Buffer.concat([LINE_BREAK, lines]) : lines;

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
    if (unfinished.length > 0 && startsWith(added, Buffer.concat([unfinished, ours]))) {
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

  /** Takes in the lines that were not read yet. @returns the bytes after the last line break */
  async #readOn(file: FileHandle): Promise<Buffer> {
    const { ino, size } = await file.stat();
    if (ino !== this.#inode || size < this.#offset) this.#startOver(ino);
    const damaged: number[] = [];
    // One byte more than there seems to be shows the end of the file.
    let length = Math.min(size - this.#offset + 1, READ_BYTES);
    for (;;) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position: this.#offset });
      const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      this.#takeLines(buffer.subarray(0, end), damaged);
      this.#offset += end;
      if (bytesRead < length) {
        if (damaged.length > 0) this.#warnOf(damaged);
        return buffer.subarray(end, bytesRead);
      }
      length = end === 0 ? 2 * length : READ_BYTES;
    }
  }

  #takeLines(lines: Buffer, damaged: number[]): void {
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(NEWLINE, start);
      // Each line is decoded alone: parts of a longer string would keep all of it in memory.
      const line = lines.toString('utf8', start, end);
      this.#columns ??= this.#columnsIn(line);
      const isEvent = this.#lines++ > 0 && line !== '';
      const event = isEvent ? eventOf(line, this.#columns) : undefined;
      if (event) this.#recent.add(event);
      else if (isEvent) damaged.push(this.#lines);
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
    this.#recent.clear();
  }

  #warnOf(damaged: readonly number[]): void {
    const others = damaged.length > 1 ? ` (and of ${damaged.length - 1} after it)` : '';
    const expected = this.#columns && headerOf(this.#columns);
    this.#warn(`${this.path}, line ${damaged[0]}: expected ${expected}. The event of this line${others} is lost.`);
  }

  #unavailable(cause: unknown): ShortlistError {
    const message = `The log of events ${this.path} cannot be used: ${messageOf(cause)}.`;
    return new ShortlistError('events-unavailable', message, { path: this.path }, { cause });
  }
}

const LINE_BREAK = Buffer.of(NEWLINE);

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}

function endsWith(bytes: Buffer, end: Buffer): boolean {
  return end.length > 0 && bytes.length >= end.length && bytes.subarray(-end.length).equals(end);
}
