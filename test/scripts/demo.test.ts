import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { nodeFlags, programFile } from '../support/program.js';

test('the demo goes from nothing to a served recommendation, and ends on a signal', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'shortlist-demo-'));
  const demo = spawn(
    process.execPath,
    [...nodeFlags, programFile('scripts/demo'), '--port', '0', '--iterations', '4'],
    { cwd },
  );
  const exited = once(demo, 'exit');
  let line: string | undefined;
  for await (const text of createInterface(demo.stdout)) {
    line = /http:\S+\/recommendations/.exec(text)?.[0];
    if (line) break;
  }
  const reply = (await (await fetch(line!)).json()) as { source: string; items: unknown[] };
  expect(reply.source).toBe('model');
  expect(reply.items).toHaveLength(10);
  demo.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
});
