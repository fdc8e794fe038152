import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import { installPackage, type Project } from '../support/installed-package.js';

const WITHOUT_HNSW = 'The optional package hnswlib-node is not installed';

let project: Project;
beforeAll(async () => {
  project = await installPackage();
  const rows = Array.from({ length: 400 }, (_, i) => `${i % 25},i${(i * 7) % 61},${(i % 5) + 1}`);
  project.write('ratings.csv', ['userId,itemId,rating', ...rows].join('\n'));
}, 240_000);

/** Starts the installed program; `ends` is its exit, `line` the first of its output that matches. */
async function startUntil(
  pattern: RegExp,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const program = spawn(join(project.directory, 'node_modules/.bin/shortlist'), args, {
    cwd: project.directory,
    env: { ...project.env, ...environment },
  });
  const ends = once(program, 'exit');
  let stderr = '';
  program.stderr.on('data', text => {
    stderr += text;
  });
  for await (const line of createInterface(program.stdout)) {
    const match = pattern.exec(line);
    if (!match) continue;
    program.stdout.resume();
    return { program, ends, stderr, match };
  }
  throw new Error(`The program ended before it said ${pattern}:\n${stderr}`);
}

describe('the tarball', () => {
  test('holds what was built, without tests and source maps, and all that package.json names', () => {
    const paths = project.tarball.files.map(({ path }) => path);
    const expected = /^(LICENSE|README\.md|package\.json|dist\/kernels\.wasm|dist\/(src|scripts)\/.+\.(js|d\.ts))$/;
    expect(paths.filter(path => !expected.test(path))).toEqual([]);
    const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
    const named = [bin, ...Object.values(exports)].flatMap(entry => Object.values(entry as object | string));
    const files = named.filter(path => path.length > 1).map(path => path.replace('./', ''));
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(paths).toEqual(expect.arrayContaining([...files, 'LICENSE', 'README.md', 'dist/kernels.wasm']));
  });

  test('is small', () => {
    expect(project.tarball.size).toBeLessThan(1_000_000);
  });
});

describe('the program', () => {
  test('is called as npx calls it, and says so', async () => {
    expect(await project.shortlist('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: npx shortlist COMMAND/),
    });
    expect((await project.shortlist('rebuild', '--help')).stdout).toContain('\n  npx shortlist rebuild --ratings ');
  });

  test('builds a snapshot, says that hnswlib-node is not there, and how to go on', async () => {
    const built = await project.shortlist('rebuild', '--ratings', 'ratings.csv', '--factors', '8', '--iterations', '2');
    expect(built).toMatchObject({ code: 0, stderr: expect.stringContaining(WITHOUT_HNSW) });
    expect(built.stdout).toContain('25 users, 61 items, 400 ratings');
    expect(built.stdout).toContain('SNAPSHOTS=data/snapshots npx shortlist start');
  });

  test('writes the lists of all users of it', async () => {
    expect(await project.shortlist('batch', '--k', '3', '--out', 'top.jsonl')).toMatchObject({ code: 0 });
    const lists = readFileSync(join(project.directory, 'top.jsonl'), 'utf8').trim().split('\n');
    expect(lists).toHaveLength(75);
  });

  test('serves it, in several processes, and ends them all', async () => {
    const { program, ends, match } = await startUntil(/listening on (http:[^"\s]+)/, ['start'], {
      PORT: '0',
      PROCESSES: '2',
    });
    const reply = await fetch(`${match[1]}/v1/users/1/recommendations`);
    expect(await reply.json()).toMatchObject({ userId: '1', source: 'model' });
    program.kill('SIGTERM');
    expect(await ends).toEqual([0, null]);
  });

  test('shows what it is in a browser, from data in the current directory, and ends on Ctrl-C', async () => {
    const { program, ends, match, stderr } = await startUntil(/http:\S+\/recommendations/, [
      ...['demo', '--port', '0', '--factors', '8', '--iterations', '2'],
    ]);
    expect(await (await fetch(match[0])).json()).toMatchObject({ source: 'model' });
    program.kill('SIGINT');
    expect(await ends).toEqual([130, null]);
    expect(existsSync(join(project.directory, 'data/demo/current'))).toBe(true);
    expect(stderr).toContain(WITHOUT_HNSW);
  });

  test('says what to install where the load test has nothing to send with', async () => {
    const { code, stderr } = await project.shortlist('load-test');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^error \[package-missing\]: .*npm install autocannon@9/),
    });
  });
});

/**
 * Programs of those who use the package. Each is compiled in the strictest way, the types that it imports included, and
 * then run where it `prints` something.
 */
const CONSUMERS: readonly {
  readonly name: string;
  readonly source: string;
  /** Types that its project has. */
  readonly lib: readonly string[];
  readonly types: readonly string[];
  readonly prints?: string;
}[] = [
  {
    name: 'the library in a Node program',
    lib: ['es2023'],
    types: ['node'],
    source: `
      import { type Rating, ratingsFrom, readRatings, ShortlistError, SnapshotStore } from 'shortlist';
      const store = new SnapshotStore('data/snapshots');
      const { userIds }: { userIds: readonly string[] } = await readRatings(['ratings.csv']);
      const code = await readRatings(['missing.csv']).catch(error => error instanceof ShortlistError && error.code);
      const rows: Rating[] = [{ userId: 'u', itemId: 'i', rating: 3, timestamp: new Date() }];
      const { rated } = await ratingsFrom(rows);
      console.log(userIds.length, (await store.list()).length, code, rated);
    `,
    prints: '25 1 file-unreadable true\n',
  },
  {
    name: 'the client in a Node program',
    lib: ['es2023'],
    types: ['node'],
    source: `
      import { type Body, NetworkError, type Reply, ShortlistClient } from 'shortlist/client';
      const client = new ShortlistClient('http://127.0.0.1:1', { apiKey: 'key', timeoutMs: 5000 });
      const request: Body<'recommend'> = { userId: 'u1', limit: 3 };
      const reply: Promise<Reply<'recommend'>> = client.recommend(request, { signal: AbortSignal.timeout(5000) });
      console.log(await reply.catch(error => error instanceof NetworkError && error.url));
      // @ts-expect-error: a field of another name
      const wrong: Body<'recommend'> = { user: 'u1' };
    `,
    prints: 'http://127.0.0.1:1/v1/recommendations\n',
  },
  {
    name: 'the client in a page',
    lib: ['es2023', 'dom'],
    types: [],
    source: `
      import { ShortlistClient } from 'shortlist/client';
      const { items, source } = await new ShortlistClient('').recommendForUser('1', { limit: 5, category: ['Comedy'] });
      export const titles: (string | undefined)[] = items.map(({ title }) => title);
      export const isPersonal: boolean = source !== 'popularity';
    `,
  },
];

/** Compiles a program in the strictest way. */
function compile(file: string, consumer: Pick<(typeof CONSUMERS)[number], 'lib' | 'types'>, resolution: string) {
  const module = resolution === 'bundler' ? 'esnext' : resolution;
  const options = ['--outDir', 'built', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const target = ['--target', 'es2023', '--lib', consumer.lib.join(), '--module', module];
  const types = ['--types', consumer.types.join(), '--typeRoots', resolve('node_modules/@types')];
  const all = [...options, ...target, ...types, '--moduleResolution', resolution, '--skipLibCheck', 'false'];
  return project.run(resolve('node_modules/.bin/tsc'), ...all, '--listFiles', file);
}

describe('a consumer', () => {
  test.each(CONSUMERS)('compiles and runs $name', async ({ name, source, prints, ...settings }) => {
    const file = project.write(`${name.replaceAll(' ', '-')}.ts`, source);
    for (const resolution of ['nodenext', 'bundler']) {
      const { code, stdout } = await compile(file, settings, resolution);
      expect({ code, errors: stdout.split('\n').filter(line => line.includes('error TS')) }).toEqual({
        code: 0,
        errors: [],
      });
    }
    if (prints === undefined) return;
    const program = file.replace(/([^/]+)\.ts$/, 'built/$1.js');
    expect(await project.run(process.execPath, program)).toEqual({ code: 0, stderr: '', stdout: prints });
  });

  test('of the client meets no types but those of the client', async () => {
    const file = project.write('only-client.ts', `export * from 'shortlist/client';`);
    const { stdout } = await compile(file, { lib: ['es2023', 'dom'], types: [] }, 'nodenext');
    const seen = stdout
      .split('\n')
      .filter(path => path !== '' && !/\/lib\.[a-z0-9.]+\.d\.ts$/.test(path) && path !== file);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.filter(path => !path.includes('node_modules/shortlist/dist/src/serve/client/'))).toEqual([]);
  });
});

/** The programs in the README, as they stand there. */
describe('the README', () => {
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```(js|ts)\n(.*?)^```$/gms)];
  const blockWith = (text: string) => blocks.find(([, , source]) => source!.includes(text))![2]!;

  test('has a program that embeds Shortlist', async () => {
    const file = project.write('embed.js', blockWith('buildSnapshot'));
    const { code, stdout, stderr } = await project.run(process.execPath, file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/itemId: 'i\d+'/g)).toHaveLength(5);
  });

  test('has an application that mounts the API', async () => {
    const source = blockWith('createRouter');
    const onFreePort = 'app.listen(0, function () { console.log("port " + this.address().port); })';
    expect(source).toContain('app.listen(8080)');
    const file = project.write('app.js', source.replace('app.listen(8080)', onFreePort));
    const app = spawn(process.execPath, [file], { cwd: project.directory, env: project.env });
    const ends = once(app, 'exit');
    for await (const line of createInterface(app.stdout)) {
      const url = `http://127.0.0.1:${/^port (\d+)$/.exec(line)?.[1]}/recommendations`;
      const reply = await fetch(`${url}/v1/users/1/recommendations?limit=3`);
      expect(await reply.json()).toMatchObject({ userId: '1', source: 'model', items: [{}, {}, {}] });
      app.kill('SIGTERM');
    }
    expect(await ends).toEqual([null, 'SIGTERM']);
  });

  test('has a TypeScript program that calls the API', async () => {
    const file = project.write('call.ts', blockWith('ShortlistClient'));
    const { code, stdout } = await compile(file, { lib: ['es2023'], types: ['node'] }, 'nodenext');
    expect({ code, errors: /error TS.*/.exec(stdout) }).toEqual({ code: 0, errors: null });
  });
});

// Last, because it breaks the installation.
test('where packages were left out, a command says how to install them', async () => {
  const packages = join(project.directory, 'node_modules/@duckdb');
  for (const name of readdirSync(packages).filter(name => name.startsWith('node-bindings-'))) {
    rmSync(join(packages, name), { recursive: true });
  }
  const { code, stderr } = await project.shortlist('rebuild', '--ratings', 'ratings.csv');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^error \[package-missing\]: .*without --omit=optional\.\n$/),
  });
});
