import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { columnsOf, headerOf } from '../../learn/ratings/event-log.js';
import { eventOf, MAX_LINE_BYTES } from './event-line.js';
import type { EventColumns } from './event-store.js';
import type { RecentEvents } from './recent-events.js';

/** Bytes read at a time: their lines take the event loop two or three milliseconds. Longer than any line may be. */
const READ_BYTES = 2 ** 14;
export const NEWLINE = 0x0a;

/** Reads the lines of a log as they come, each once, into the recent events. */
export class LogReader {
  /** The file that was read, up to where, and what it holds. */
  #inode: number | undefined;
  #offset = 0;
  #lines = 0;
  #columns: EventColumns | undefined;
  /** Whether that is inside a line that is longer than any may be. */
  #isInLongLine = false;

  /** @param warn called for damaged lines, which are passed over */
  constructor(
    private readonly path: string,
    private readonly recent: Pick<RecentEvents, 'add' | 'clear'>,
    private readonly warn: (message: string) => void,
  ) {}

  /** How many bytes were read. */
  get offset(): number {
    return this.#offset;
  }

  /** Those that the first line names; undefined where none was read. */
  get columns(): EventColumns | undefined {
    return this.#columns;
  }

  /** Whether `offset` is inside a line that is longer than any may be. */
  get isInLongLine(): boolean {
    return this.#isInLongLine;
  }

  /** Takes in the lines that were not read yet. @returns the bytes after the last line break, or of a long line the rest */
  async readOn(file: FileHandle): Promise<Buffer> {
    const { ino, size } = await file.stat();
    if (ino !== this.#inode || size < this.#offset) this.startOver(ino);
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
        this.#isInLongLine = true;
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
      const isLong = this.#isInLongLine || end - start > MAX_LINE_BYTES;
      this.#isInLongLine = false;
      // Bytes that are no UTF-8 would all become the same character, and two users the same one.
      const isLine = !isLong && (isText || isUtf8(lines.subarray(start, end)));
      const line = isLine ? lines.toString('utf8', start, end) : undefined;
      if (this.#columns === undefined) {
        this.#columns = this.#columnsIn(line ?? lines.toString('latin1', start, end));
      } else if (line !== '') {
        const event = line === undefined ? undefined : eventOf(line, this.#columns);
        if (event) this.recent.add(event);
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

  /** Forgets all, to read another file. */
  startOver(inode: number | undefined): void {
    this.#inode = inode;
    this.#offset = 0;
    this.#lines = 0;
    this.#columns = undefined;
    this.#isInLongLine = false;
    this.recent.clear();
  }

  #warnOf({ first, count }: DamagedLines): void {
    const others = count > 1 ? ` (and of ${count - 1} after it)` : '';
    const header = this.#columns && headerOf(this.#columns);
    const expected = `${header} in UTF-8, with ids of at most ${MAX_ID_LENGTH} characters`;
    this.warn(`${this.path}, line ${first}: expected ${expected}. The event of this line${others} is lost.`);
  }
}

/** The first line that could not be read, counted from 1, and how many there were. */
interface DamagedLines {
  first: number;
  count: number;
}
