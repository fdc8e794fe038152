import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { CsvEventLog } from '../../../src/recommend/events/csv-log.js';
import { nodeFlags, programFile } from '../../support/program.js';
import { newDirectory } from '../../support/scratch-directory.js';

const root = newDirectory();
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

/** A program that logs batches of events for as long as it lives and prints the number of each that was acknowledged. */
const writer = join(root, 'writer.mjs');
writeFileSync(
  writer,
  `import { writeSync } from 'node:fs';
   import { CsvEventLog } from ${JSON.stringify(programFile('src/recommend/events/csv-log'))};
   const [directory, user, size] = process.argv.slice(2);
   const log = await CsvEventLog.open(directory, message => {
     if (message.includes(', line ')) throw new Error(message);
   });
   for (let batch = 0; ; batch++) {
     const events = Array.from({ length: Number(size) }, (_, i) =>
       ({ userId: user + batch, itemId: 'item, the ' + i, value: 1, timestamp: 1700000000 }));
     await log.append(events, { rated: true, timed: true })
       .then(() => writeSync(1, batch + '\\n'), error => { writeSync(1, error.code + '\\n'); process.exit(7); });
   }`,
);

/** Starts a writer. @returns what it printed so far, and waits for more of it or for its end */
function write(directory: string, user: string, size: number, command = [process.execPath, ...nodeFlags, writer]) {
  const child = spawn(command[0]!, [...command.slice(1), directory, user, String(size)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const printed: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise<number | NodeJS.Signals>(done =>
    child.once('close', (code, signal) => done(code ?? signal!)),
  );
  const printedLines = (count: number) =>
    new Promise<void>(done => {
      lines.on('line', () => printed.length >= count && done());
    });
  lines.on('line', line => printed.push(line));
  return { child, printed, ended, printedLines };
}

/** What is in a log, for a start and for a rebuild alike. */
async function contentOf(directory: string, size: number) {
  const log = await CsvEventLog.open(directory, message => expect.fail(message));
  log.close();
  const table = await readRatings([log.path]);
  const counts = new Map<string, number>();
  for (const user of table.users) counts.set(table.userIds[user]!, (counts.get(table.userIds[user]!) ?? 0) + 1);
  return {
    has: (user: string, batch: string) => counts.get(user + batch) === size && log.of(user + batch)?.length === size,
  };
}

test('all that processes acknowledged before they were killed is in the log', async () => {
  const directory = join(root, 'killed');
  const size = 200;
  const acknowledged: [user: string, batch: string][] = [];
  for (let round = 0; round < 4; round++) {
    const writers = ['a', 'b'].map(name => ({
      name: `${name}${round}-`,
      ...write(directory, `${name}${round}-`, size),
    }));
    await Promise.all(writers.map(({ printedLines }) => printedLines(5 + round)));
    for (const { child } of writers) child.kill('SIGKILL');
    for (const { name, printed, ended } of writers) {
      expect(await ended).toBe('SIGKILL');
      acknowledged.push(...printed.map((batch): [string, string] => [name, batch]));
    }
  }
  const content = await contentOf(directory, size);
  expect(acknowledged.length).toBeGreaterThan(8 * 5);
  expect(acknowledged.filter(([user, batch]) => !content.has(user, batch))).toEqual([]);
});

test('a file that may not grow any further: nothing is acknowledged that is not there, and others go on', async () => {
  const directory = join(root, 'full');
  const size = 50;
  // Files of at most 16 blocks of 512 or 1024 bytes: the write that reaches the limit is cut short by the system.
  const limited = [
    'sh',
    '-c',
    `ulimit -f 16; exec "${process.execPath}" ${nodeFlags.join(' ')} "${writer}" "$@"`,
    'sh',
  ];
  const { printed, ended } = write(directory, 'limited', size, limited);
  expect(await ended).toBe(7);
  expect(printed.pop()).toBe('events-unavailable');
  expect(printed.length).toBeGreaterThan(1);
  expect(readFileSync(join(directory, 'events.csv')).length % 512).toBe(0);

  const other = write(directory, 'other', size);
  await other.printedLines(3);
  other.child.kill('SIGKILL');
  await other.ended;
  const content = await contentOf(directory, size);
  expect(printed.filter(batch => !content.has('limited', batch))).toEqual([]);
  expect(other.printed.filter(batch => !content.has('other', batch))).toEqual([]);
});
