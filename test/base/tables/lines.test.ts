import { expect, test } from 'vitest';
import { linesOf } from '../../../src/base/tables/lines.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

async function read(name: string, content: string | Uint8Array): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(write(name, content))) lines.push(line);
  return lines;
}

test('lines end in LF, CRLF or CR, the last one with or without', async () => {
  expect(await read('breaks.txt', 'a\nb\r\nc\rd')).toEqual(['a', 'b', 'c', 'd']);
  expect(await read('ended.txt', 'a\r\n\r\nb\r\n')).toEqual(['a', '', 'b']);
  expect(await read('mac.txt', 'a\rb\r')).toEqual(['a', 'b']);
  expect(await read('empty.txt', '')).toEqual([]);
});

test('neither a byte order mark nor a separator that is no line break is lost or taken for one', async () => {
  expect(await read('mark.txt', '\ufeffa\u2028b\u2029c\u0085d\n')).toEqual(['a\u2028b\u2029c\u0085d']);
});

test('lines, line breaks and characters may lie across the blocks that are read', async () => {
  const BLOCK = 65_536;
  for (const lineBreak of ['\n', '\r\n', '\r']) {
    for (let length = BLOCK - 4; length <= BLOCK + 1; length++) {
      const lines = ['x'.repeat(length), '', '€\u{1f600}', 'y'.repeat(3 * BLOCK), 'é'.repeat(BLOCK), 'end'];
      expect(await read('long.txt', lines.join(lineBreak))).toEqual(lines);
    }
  }
});

test('what is no UTF-8 or no file is refused with its name', async () => {
  const unreadable = (message: RegExp) => ({
    code: 'file-unreadable',
    message: expect.stringMatching(message),
  });
  await expect(read('latin.txt', Uint8Array.of(0x61, 0xe9, 0x0a))).rejects.toMatchObject(unreadable(/latin.*UTF-8/));
  await expect(read('cut.txt', Uint8Array.of(0x61, 0xc3))).rejects.toMatchObject(unreadable(/cut.*UTF-8/));
  await expect(read('long.txt', 'x'.repeat(2_100_000))).rejects.toMatchObject(unreadable(/line is longer/));
  await expect(linesOf('no/such/file').next()).rejects.toMatchObject(unreadable(/no\/such\/file: ENOENT/));
});
