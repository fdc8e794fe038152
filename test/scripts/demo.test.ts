import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { nodeFlags, programFile } from '../support/program.js';

/** Starts the demo in a directory of its own. @returns it with the first address that it shows, if any */
async function startDemo(cwd: string, ...args: string[]) {
  const demo = spawn(process.execPath, [...nodeFlags, programFile('scripts/demo'), '--port', '0', ...args], { cwd });
  const exited = once(demo, 'exit');
  let errors = '';
  demo.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  let address: string | undefined;
  for await (const line of createInterface(demo.stdout)) {
    address = /http:\S+\/recommendations/.exec(line)?.[0];
    if (address) break;
  }
  return { demo, exited, address, errors: () => errors };
}

const emptyDirectory = () => mkdtempSync(join(tmpdir(), 'shortlist-demo-'));

test('the demo goes from nothing to a served recommendation, and ends on a signal', async () => {
  const { demo, exited, address } = await startDemo(emptyDirectory(), '--iterations', '4');
  const reply = (await (await fetch(address!)).json()) as { source: string; items: unknown[] };
  expect(reply.source).toBe('model');
  expect(reply.items).toHaveLength(10);
  demo.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
});

test('the demo takes the flags that an error about ratings advises', async () => {
  const cwd = emptyDirectory();
  writeFileSync(join(cwd, 'ratings.csv'), '1,a,5\n1,b,4\n2,b,3\n2,c,bad\n3,c,4\n3,a,5\n');
  const args = ['--ratings', 'ratings.csv', '--factors', '4', '--headerless'];
  const refused = await startDemo(cwd, ...args);
  expect(await refused.exited).toEqual([1, null]);
  expect(refused.errors()).toMatch(/^error \[bad-rows\]: .*--skip-bad-rows/m);
  const { demo, exited, address, errors } = await startDemo(cwd, ...args, '--skip-bad-rows');
  expect((await fetch(address!)).status).toBe(200);
  expect(errors()).toContain('5 ratings of 3 items by 3 users; 1 bad rows skipped');
  demo.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
});
