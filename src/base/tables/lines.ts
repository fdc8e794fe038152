import { createReadStream } from 'node:fs';
import { messageOf } from '../../errors.js';
import { unreadable } from './input-file.js';

/** A `\r` at the very end is left for what follows: it may be a `\n`. */
const LINE_BREAK = /\r?\n|\r(?!$)/;
const CHUNK_BYTES = 1 << 18;

/**
 * The lines of a UTF-8 file without their line breaks (LF, CRLF or CR), one after the other, so that a file of any length
 * takes little memory. Node's `readline` would cut at U+2028 and U+2029 too, which ids may contain.
 * @param path where the content is. Default: where the name says.
 * @throws ShortlistError `file-unreadable`
 */
export async function* linesOf(name: string, path = name): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let unfinished = '';
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      const lines = (unfinished + decoder.decode(chunk, { stream: true })).split(LINE_BREAK);
      unfinished = lines.pop() ?? '';
      yield* lines;
    }
    unfinished += decoder.decode();
  } catch (cause) {
    throw unreadable(name, cause instanceof TypeError ? 'it is not UTF-8 text' : messageOf(cause), cause);
  }
  if (unfinished !== '') yield unfinished.replace(/\r$/, '');
}
