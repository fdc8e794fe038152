import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { nodeFlags, programFile } from '../support/program.js';
import { runScript } from '../support/run-script.js';
import { newDirectory } from '../support/scratch-directory.js';

/** A running command, in a directory of its own, with a temporary directory of its own. */
interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly temporary: string;
  /** Resolves when the command has written such a line to stderr. */
  line(pattern: RegExp): Promise<void>;
}

function start(program: string, args: readonly string[], temporary = newDirectory()): Running {
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.resume();
  let text = '';
  child.stderr.on('data', part => {
    text += part;
  });
  return {
    child,
    temporary,
    ended: once(child, 'close'),
    async line(pattern) {
      while (!pattern.test(text)) await once(child.stderr, 'data');
    },
  };
}

/** Resolves when something of that name is in the directory. */
async function appears(directory: string, name: RegExp): Promise<void> {
  const watcher = watch(directory);
  const isThere = () => readdirSync(directory).some(file => name.test(file));
  while (!isThere()) await once(watcher, 'change');
  watcher.close();
}

const command = (name: string) => programFile(`scripts/${name}`);
const directory = newDirectory();
const ratings = join(directory, 'ratings.csv');
const manyUsers = join(directory, 'users.txt');
const snapshots = join(directory, 'snapshots');
/** Longer than any test may take. */
const endless = ['--iterations', '10000'];

beforeAll(async () => {
  const rows = Array.from(
    { length: 400_000 },
    (_, n) => `u${n % 20_011},i${(n * 7 + (n % 13)) % 2_003},${1 + (n % 5)}`,
  );
  writeFileSync(ratings, `userId,itemId,rating\n${rows.join('\n')}\n`);
  writeFileSync(manyUsers, Array.from({ length: 1_000_000 }, (_, n) => `stranger${n}\n`).join(''));
  const quick = ['--algorithm', 'sgd', '--factors', '32', '--iterations', '1', '--sources', 'exact'];
  expect(await runScript('rebuild', ['--ratings', ratings, '--snapshots', snapshots, ...quick])).toMatchObject({
    code: 0,
  });
});

describe('an interrupted command leaves nothing behind', () => {
  test.each<[string, NodeJS.Signals, (running: Running) => Promise<void>, (store: string) => string[]]>([
    ['rebuild, reading', 'SIGINT', ({ temporary }) => appears(temporary, /^shortlist-/), () => ['rebuild']],
    ['rebuild, training', 'SIGTERM', ({ line }) => line(/^read done/m), () => ['rebuild', ...endless]],
    [
      'evaluate, training',
      'SIGINT',
      ({ line }) => line(/^read done/m),
      () => ['evaluate', '--split', 'random:0.2', ...endless],
    ],
  ])('%s', async (_, signal, stage, argsOf) => {
    const store = newDirectory();
    const [name = '', ...args] = argsOf(store);
    const running = start(command(name), [
      '--ratings',
      ratings,
      ...(name === 'rebuild' ? ['--snapshots', store] : []),
      ...args,
    ]);
    await stage(running);
    running.child.kill(signal);
    expect(await running.ended).toEqual([signal === 'SIGINT' ? 130 : 143, null]);
    expect([readdirSync(running.temporary), readdirSync(store)]).toEqual([[], []]);
  });

  test('rebuild, building', async () => {
    const store = newDirectory();
    const quick = ['--algorithm', 'sgd', '--factors', '128', '--iterations', '1'];
    const running = start(command('rebuild'), ['--ratings', ratings, '--snapshots', store, ...quick]);
    await running.line(/^train done/m);
    await appears(store, /^\.building-\d+-\d/);
    running.child.kill('SIGINT');
    expect(await running.ended).toEqual([130, null]);
    expect([readdirSync(running.temporary), readdirSync(store)]).toEqual([[], []]);
  });

  test('batch', async () => {
    const place = newDirectory();
    const out = join(place, 'lists.parquet');
    const running = start(command('batch'), ['--snapshots', snapshots, '--out', out, '--users', manyUsers]);
    await appears(running.temporary, /^shortlist-/);
    running.child.kill('SIGINT');
    expect(await running.ended).toEqual([130, null]);
    expect([readdirSync(running.temporary), readdirSync(place)]).toEqual([[], []]);
  });

  test('benchmark', async () => {
    const place = newDirectory();
    const args = ['--snapshots', snapshots, '--out', join(place, 'report'), '--hnsw-ip', '--rounds', '1000'];
    const running = start(command('benchmark'), args);
    await running.line(/^hnsw ip done/m);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual([143, null]);
    expect([readdirSync(running.temporary), readdirSync(place)]).toEqual([[], []]);
  });

  test('export, which ends whole or not at all', async () => {
    const place = newDirectory();
    const running = start(command('export'), ['--snapshots', snapshots, '--out', join(place, 'factors.npz')]);
    await appears(place, /\.part$/);
    running.child.kill('SIGINT');
    const [code] = await running.ended;
    expect([code, readdirSync(place)]).toEqual(code === 0 ? [0, ['factors.npz']] : [130, []]);
  });
});

test('what a killed process left behind is cleared away by the next one', async () => {
  const temporary = newDirectory();
  const killed = start(command('rebuild'), ['--ratings', ratings, '--snapshots', newDirectory()], temporary);
  await appears(temporary, /^shortlist-/);
  killed.child.kill('SIGKILL');
  await killed.ended;
  // The directory, and the claim on it.
  expect(readdirSync(temporary)).toHaveLength(2);
  mkdirSync(join(temporary, 'shortlist-of-somebody-else'));
  const place = newDirectory();
  const exporting = start(command('export'), ['--snapshots', snapshots, '--out', join(place, 'lists.csv.npz')]);
  await appears(place, /\.part$/);
  exporting.child.kill('SIGSTOP');
  const [stopped = ''] = readdirSync(place).filter(name => name.endsWith('.part'));
  writeFileSync(join(place, stopped.replace('.npz', '').replace(/\.\d+-/, `.${killed.child.pid}-`)), 'half');
  const users = join(temporary, 'users.txt');
  writeFileSync(users, 'u1\n');
  const next = start(
    command('batch'),
    ['--snapshots', snapshots, '--out', join(place, 'lists.csv'), '--users', users],
    temporary,
  );
  expect(await next.ended).toEqual([0, null]);
  expect(readdirSync(temporary).sort()).toEqual(['shortlist-of-somebody-else', 'users.txt']);
  expect(
    readdirSync(place)
      .filter(name => !name.startsWith('.'))
      .sort(),
  ).toEqual(['lists.csv', stopped]);
  exporting.child.kill('SIGCONT');
  expect(await exporting.ended).toEqual([0, null]);
  expect(readdirSync(place).sort()).toEqual(['lists.csv', 'lists.csv.npz']);
});

test('a second Ctrl-C does not wait for what the first one began', async () => {
  const program = join(newDirectory(), 'slow-to-end.mjs');
  writeFileSync(
    program,
    `import { main } from ${JSON.stringify(pathToFileURL(command('command/command')).href)};
    await main({
      name: 'slow', summary: '', flags: {},
      run(_, { onInterrupt }) {
        onInterrupt(() => new Promise(() => setInterval(() => {}, 1000)));
        process.stderr.write('running\\n');
        return new Promise(() => setInterval(() => {}, 1000));
      },
    });`,
  );
  const { child, line, ended } = start(program, []);
  await line(/running/);
  child.kill('SIGINT');
  await line(/interrupted/);
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
});
