import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

const LF = 0x0a;
const CR = 0x0d;
const BLOCK_BYTES = 1 << 20;

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
  const file = await open(path);
  try {
    // One block for all, since blocks that are left to the garbage collector add up. It begins with what the one before
    // it had of a character that goes on.
    const block = Buffer.alloc(BLOCK_BYTES);
    let begun = 0;
    for (;;) {
      const { bytesRead } = await file.read(block, begun, BLOCK_BYTES - begun, null);
      if (bytesRead === 0) break;
      const fresh = block.subarray(begun, begun + bytesRead);
      feeds += count(fresh, LF);
      if (last === CR && fresh[0] === LF) pairs++;
      if (fresh.includes(CR)) {
        returns += count(fresh, CR);
        pairs += countPairs(fresh);
      }
      last = fresh[bytesRead - 1]!;
      const text = block.subarray(0, begun + bytesRead);
      const whole = wholeCharacters(text);
      utf8 &&= isUtf8(text.subarray(0, whole));
      begun = text.length - whole;
      text.copy(block, 0, whole);
    }
    utf8 &&= isUtf8(block.subarray(0, begun));
  } finally {
    await file.close();
  }
  const unended = last !== LF && last !== CR ? 1 : 0;
  const kinds = [pairs, feeds - pairs, returns - pairs].filter(ends => ends > 0);
  return { lines: feeds + returns - pairs + unended, mixedEnds: kinds.length > 1, utf8 };
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
