/** The encodings of text that are told apart. */
export type TextEncoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'Windows-1252';

/**
 * The encoding that the first bytes of a file show: by a byte order mark, or because every second byte is zero, as of
 * Latin letters in UTF-16. Undefined for bytes that are no text. UTF-8 where nothing speaks against it.
 */
export function encodingOf(head: Buffer): Exclude<TextEncoding, 'Windows-1252'> | undefined {
  if (head[0] === 0xff && head[1] === 0xfe && (head[2] !== 0 || head[3] !== 0)) return 'UTF-16LE';
  if (head[0] === 0xfe && head[1] === 0xff) return 'UTF-16BE';
  if (!head.includes(0)) return 'UTF-8';
  const letters = [0, 0];
  const pairs = Math.min(head.length, 4096) >> 1;
  for (let i = 0; i < 2 * pairs; i++) if (head[i] === 0 && isAscii(head[i ^ 1]!)) letters[i % 2]!++;
  const [bigEndian = 0, littleEndian = 0] = letters;
  if (littleEndian > MOST_LETTERS * pairs) return 'UTF-16LE';
  return bigEndian > MOST_LETTERS * pairs ? 'UTF-16BE' : undefined;
}

/** How many of the characters of a table in UTF-16 are Latin at least: separators, digits, names of columns. */
const MOST_LETTERS = 0.6;

function isAscii(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d);
}

/** Whether text that is not valid UTF-8 is so for a few bytes only: cut inside a character, or put together of files. */
export async function isMostlyUtf8(blocks: AsyncIterable<Buffer>): Promise<boolean> {
  const decode = decoderOf('UTF-8');
  let lead = 0;
  for await (const block of blocks) lead += leadOf(decode(block));
  return lead + leadOf(decode()) >= 0;
}

/** How many more characters beyond ASCII there are than bytes that make none. */
function leadOf(text: string): number {
  const damaged = text.match(/\ufffd/g)?.length ?? 0;
  return (text.match(/[^\0-\x7f]/gu)?.length ?? 0) - 2 * damaged;
}

/** The text of blocks of bytes, all its lines ended by LF. A byte order mark is left out. */
export async function* decoded(blocks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<string> {
  const decode = decoderOf(encoding);
  let open = '';
  for await (const block of blocks) {
    const text = open + decode(block);
    // A CR at the very end may belong to an LF.
    open = text.endsWith('\r') ? '\r' : '';
    yield withLineFeeds(open === '' ? text : text.slice(0, -1));
  }
  yield withLineFeeds(open + decode());
}

/** All lines ended by LF. */
export function withLineFeeds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

function decoderOf(encoding: TextEncoding): (block?: Buffer) => string {
  if (encoding === 'Windows-1252') return block => (block ? windows1252(block) : '');
  const decoder = new TextDecoder(encoding);
  return block => (block ? decoder.decode(block, { stream: true }) : decoder.decode());
}

/** The characters of the bytes 0x80 to 0x9f; the five that are undefined stand for themselves. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Several versions of Node take Windows-1252 for Latin-1, so that this is done here. */
function windows1252(block: Buffer): string {
  return block.toString('latin1').replace(/[\u0080-\u009f]/g, byte => WINDOWS_1252[byte.charCodeAt(0) - 0x80] ?? byte);
}
