import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { messageOf, ShortlistError } from '../../errors.js';
import { MAX_LINE_BYTES, unreadable } from './input-file.js';

const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a UTF-8 file without their line breaks (LF, CRLF or CR) and without a byte order mark, one after the
 * other, so that a file of any length takes little memory. Node's `readline` would cut at U+2028 and U+2029 too, which
 * ids may contain.
 * @param path where the content is. Default: `name`.
 * @throws ShortlistError `file-unreadable`
 */
export async function* linesOf(name: string, path = name): AsyncGenerator<string> {
  let isFirst = true;
  for await (const bytes of wholeLines(name, path)) {
    if (!isUtf8(bytes)) throw unreadable(name, 'it is not UTF-8 text');
    const text = bytes.toString().slice(isFirst && bytes.indexOf('\ufeff') === 0 ? 1 : 0);
    isFirst = false;
    const lines = text.split(text.includes('\r') ? /\r?\n|\r/ : '\n');
    if (lines.at(-1) === '') lines.pop();
    // One by one: `yield*` takes several times as long.
    for (const line of lines) yield line;
  }
}

/** The bytes of a file in blocks that end with a line. */
async function* wholeLines(name: string, path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const block of createReadStream(path) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([rest, block]);
      // A CR at the very end is left for what follows: it may be an LF.
      const end = 1 + Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR, -2));
      rest = bytes.subarray(end);
      if (rest.length > MAX_LINE_BYTES) throw unreadable(name, `a line is longer than ${MAX_LINE_BYTES} bytes`);
      if (end > 0) yield bytes.subarray(0, end);
    }
  } catch (cause) {
    throw cause instanceof ShortlistError ? cause : unreadable(name, messageOf(cause), cause);
  }
  if (rest.length > 0) yield rest;
}
