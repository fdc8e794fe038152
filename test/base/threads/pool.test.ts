import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { runWorkers, WorkerPool } from '../../../src/base/threads/pool.js';
import { ShortlistError } from '../../../src/errors.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const writeFile = scratchDirectory();

/** A worker that runs `body` with `job`, `thread` and `threads` in scope. */
function program(body: string): URL {
  const head = `const { parentPort, workerData: { job, thread, threads } } = require('node:worker_threads');`;
  return pathToFileURL(writeFile('program.cjs', `${head}\n${body}`));
}

const options = { purpose: 'tests this', threads: 3, job: {} };

/** Blocks for ever, unless it is thread 0. */
const OTHERS_WAIT = 'if (thread > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n';

describe('workers that run to their end', () => {
  test('each get the job and their number, and all their messages are handed on', async () => {
    const messages: unknown[] = [];
    await runWorkers(program('parentPort.postMessage([job.word, thread, threads]);'), {
      ...options,
      job: { word: 'go' },
      onMessage: message => messages.push(message),
    });
    expect(messages.sort()).toEqual([
      ['go', 0, 3],
      ['go', 1, 3],
      ['go', 2, 3],
    ]);
  });

  test.each([
    ['throws', 'throw new Error("kernel missing");', 'kernel missing'],
    ['exits', 'process.exit(3);', 'it exited with code 3'],
  ])('are ended as a whole when one %s, even while they block', async (_, body, reason) => {
    await expect(runWorkers(program(OTHERS_WAIT + body), options)).rejects.toMatchObject({
      code: 'worker-failed',
      message: `A thread that tests this failed: ${reason}.`,
      fields: { purpose: 'tests this', reason },
    });
  });

  test('are ended as a whole when the listener throws', async () => {
    const onMessage = () => {
      throw new RangeError('not this');
    };
    const running = runWorkers(program(`${OTHERS_WAIT}parentPort.postMessage(1);`), { ...options, onMessage });
    await expect(running).rejects.toThrow(new RangeError('not this'));
  });

  test('pass on a ShortlistError with its code and fields', async () => {
    const body = `
      class ShortlistError extends Error { name = 'ShortlistError'; code = 'out-of-memory'; fields = { bytes: 8 }; }
      throw new ShortlistError('Too large.', { cause: new Error('why') });`;
    const error = await runWorkers(program(body), options).catch(thrown => thrown);
    expect(error).toBeInstanceOf(ShortlistError);
    expect(error).toMatchObject({ code: 'out-of-memory', message: 'Too large.', fields: { bytes: 8 } });
    expect(error.cause).toEqual(new Error('why'));
  });
});

describe('workers that are handed tasks', () => {
  const pools: WorkerPool<unknown>[] = [];
  afterEach(() => Promise.all(pools.splice(0).map(pool => pool.close())));

  function start(body: string): WorkerPool<unknown> {
    const job = new Int32Array(new SharedArrayBuffer(400));
    const pool = new WorkerPool(program(`parentPort.on('message', task => { ${body} });`), { ...options, job });
    pools.push(pool);
    return pool;
  }

  test('do each of them once, and come back for more', async () => {
    const done: unknown[] = [];
    const entry = program(`parentPort.on('message', task => parentPort.postMessage(task));`);
    const pool = new WorkerPool(entry, { ...options, onMessage: task => done.push(task) });
    pools.push(pool);
    await pool.run(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    await pool.run([]);
    await pool.run(['h']);
    expect(done.slice(0, 7).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(done.slice(7)).toEqual(['h']);
  });

  test('are not all needed: one that is busy takes no other task', async () => {
    // Task 0 is over when all others are done, so they must go to other threads.
    const others = 20;
    const pool = start(`
      if (task > 0 && Atomics.add(job, 0, 1) === ${others - 1}) Atomics.notify(job, 0);
      for (let done; task === 0 && (done = Atomics.load(job, 0)) < ${others}; ) Atomics.wait(job, 0, done, 10);
      parentPort.postMessage('done');`);
    await pool.run(Array.from({ length: others + 1 }, (_, task) => task));
  });

  test.each([
    ['throws', 'throw new Error("kernel missing");', 'kernel missing'],
    ['exits', 'process.exit(3);', 'it exited with code 3'],
    ['exits as if all were well', 'process.exit(0);', 'it ended before its tasks were done'],
  ])('fail, now and later, when one %s', async (_, body, reason) => {
    const pool = start(body);
    const failure = { code: 'worker-failed', message: `A thread that tests this failed: ${reason}.` };
    await expect(pool.run([1])).rejects.toMatchObject(failure);
    await expect(pool.run([2])).rejects.toMatchObject(failure);
  });
});
