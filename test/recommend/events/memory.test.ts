import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFlags, programFile } from '../../support/program.js';
import { newDirectory } from '../../support/scratch-directory.js';

const HEAP_MB = 32;
const EVENTS = 20_000;

test.each([
  ['users and items of their own', (i: number) => [`u${i}`, `i${i}`]],
  ['one user', (i: number) => ['u', `i${i}`]],
])('a log that is larger than the heap is all kept: %s', (_, idsOf) => {
  const directory = newDirectory();
  const lines = Array.from({ length: EVENTS }, (_, i) =>
    idsOf(i)
      .map(id => id.padEnd(1024, 'x'))
      .join(),
  );
  writeFileSync(join(directory, 'events.csv'), `userId,itemId\n${lines.join('\n')}\n`);
  const program = `
    const { CsvEventLog } = await import(${JSON.stringify(programFile('src/recommend/events/csv-log'))});
    const log = await CsvEventLog.open(${JSON.stringify(directory)});
    const pad = id => id.padEnd(1024, 'x');
    console.log(JSON.stringify(['u0', 'u${EVENTS - 1}', 'u'].map(id => log.of(pad(id))?.length ?? 0)));`;
  const args = [...nodeFlags, `--max-old-space-size=${HEAP_MB}`, '--input-type=module', '--eval', program];
  const kept = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  expect(kept).toEqual(idsOf(0)[0] === 'u' ? [0, 0, 200] : [1, 1, 0]);
});
