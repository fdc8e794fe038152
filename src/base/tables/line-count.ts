import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

const LF = 0x0a;
const CR = 0x0d;

/** What a pass over the bytes of a text shows. */
export interface LineCount {
  /** Lines that end in LF, CRLF or CR, and the last one without an end. */
  readonly lines: number;
  /** True where lines do not all end alike. */
  readonly mixedEnds: boolean;
  readonly utf8: boolean;
}

/** Counts the lines of a file by its bytes. It may be in any encoding that has ASCII in it. */
export async function countLines(path: string): Promise<LineCount> {
  let feeds = 0;
  let returns = 0;
  let pairs = 0;
  let utf8 = true;
  let last = LF;
  let rest: Buffer = Buffer.alloc(0);
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    feeds += count(block, LF);
    if (last === CR && block[0] === LF) pairs++;
    if (block.includes(CR)) {
      returns += count(block, CR);
      pairs += countPairs(block);
    }
    last = block[block.length - 1]!;
    if (!utf8) continue;
    // A character may lie across two blocks.
    const whole = wholeCharacters(block);
    utf8 = isUtf8(rest.length > 0 ? Buffer.concat([rest, block.subarray(0, whole)]) : block.subarray(0, whole));
    rest = Buffer.from(block.subarray(whole));
  }
  const unended = last !== LF && last !== CR ? 1 : 0;
  const kinds = [pairs, feeds - pairs, returns - pairs].filter(ends => ends > 0);
  return { lines: feeds + returns - pairs + unended, mixedEnds: kinds.length > 1, utf8: utf8 && isUtf8(rest) };
}

function count(bytes: Buffer, wanted: number): number {
  let found = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === wanted) found++;
  return found;
}

function countPairs(bytes: Buffer): number {
  let found = 0;
  for (let i = bytes.indexOf(CR); i !== -1; i = bytes.indexOf(CR, i + 1)) if (bytes[i + 1] === LF) found++;
  return found;
}

/** Where the last character that may go on in the next block begins. */
function wholeCharacters(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && start > 0 && (bytes[start]! & 0xc0) === 0x80) start--;
  return bytes[start]! >= 0xc0 ? start : bytes.length;
}
