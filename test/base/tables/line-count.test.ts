import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countLines } from '../../../src/base/tables/line-count.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

/** As Python and every CSV reader see lines. */
function linesIn(text: string): number {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.at(-1) === '' ? lines.length - 1 : lines.length;
}

test('counts lines whatever ends them', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\r\n', 'é', '\u2028'), maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(text, async content => {
      const ends = new Set(content.match(/\r\n|\r|\n/g));
      const counted = { lines: linesIn(content), mixedEnds: ends.size > 1, utf8: true };
      expect(await countLines(write('lines.txt', content))).toEqual(counted);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('line ends and characters may lie across blocks, at whose ends nothing is lost', async () => {
  for (const end of ['\n', '\r\n', '\r', '€', '😀']) {
    for (let length = (1 << 20) - 5; length <= (1 << 20) + 1; length++) {
      const content = `${'x'.repeat(length)}${end}y${end}${'z'.repeat(1 << 20)}`;
      const counted = { lines: linesIn(content), mixedEnds: false, utf8: true };
      expect(await countLines(write('blocks.txt', content))).toEqual(counted);
    }
  }
});

test('tells what is not UTF-8, also at the very end', async () => {
  for (const content of ['a\xe9b', 'caf\xe9', `${'x'.repeat((1 << 20) - 1)}\xe2\x82`, '\x80', 'a\xf0\x9f\x98']) {
    expect((await countLines(write('latin.txt', Buffer.from(content, 'latin1')))).utf8).toBe(false);
  }
});
