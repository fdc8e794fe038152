import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runTeam } from '../../../src/base/threads/team.js';

const directory = mkdtempSync(join(tmpdir(), 'thread-team-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A worker script that runs `body` with `job`, `thread` and `threads` in scope. */
function script(name: string, body: string): string {
  const path = join(directory, `${name}.cjs`);
  writeFileSync(
    path,
    `const { parentPort, workerData: { job, thread, threads } } = require('node:worker_threads');\n${body}`,
  );
  return path;
}

/** Blocks for ever, unless it is thread 0. */
const OTHERS_WAIT = 'if (thread > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n';

describe('runTeam', () => {
  it('gives every worker the job and its number, and hands on all messages', async () => {
    const messages: unknown[] = [];
    const path = script('greet', 'parentPort.postMessage([job.word, thread, threads]);');
    await runTeam(path, 3, { word: 'go' }, message => messages.push(message));
    expect(messages.sort()).toEqual([
      ['go', 0, 3],
      ['go', 1, 3],
      ['go', 2, 3],
    ]);
  });

  it.each([
    ['throws', 'throw new Error("kernel missing");', 'kernel missing'],
    ['exits', 'process.exit(3);', 'it exited with code 3'],
  ])('ends the blocked workers and rejects when one %s', async (name, body, why) => {
    const path = script(name, OTHERS_WAIT + body);
    await expect(runTeam(path, 3, {}, () => {})).rejects.toMatchObject({
      code: 'worker-failed',
      message: `Training worker 1 of 3 failed: ${why}.`,
      fields: { thread: 0 },
    });
  });

  it('ends the blocked workers and rejects when the listener throws', async () => {
    const path = script('report', `${OTHERS_WAIT}parentPort.postMessage(1);`);
    const refuse = () => {
      throw new RangeError('not this');
    };
    await expect(runTeam(path, 2, {}, refuse)).rejects.toThrow(new RangeError('not this'));
  });
});
