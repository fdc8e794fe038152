import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { commandLine, launchedBy } from '../../scripts/command/command-line.js';
import { SUMMARIES } from '../../scripts/command/summaries.js';
import { runScript } from '../support/run-script.js';

const { version, scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const names = Object.keys(SUMMARIES);

describe('shortlist', () => {
  // The tests themselves may run under npx.
  beforeAll(() => {
    vi.stubEnv('npm_command', '');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });

  test('knows every command, which npm knows too', () => {
    const files = readdirSync('scripts').flatMap(file => /^(.*)\.ts$/.exec(file)?.[1] ?? []);
    expect([...names].sort()).toEqual([...files.filter(name => name !== 'shortlist'), 'start'].sort());
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
  });

  test('lists them under --help, and says its version', async () => {
    const help = await runScript('shortlist', ['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage: shortlist COMMAND/) });
    for (const name of names) expect(help.stdout).toMatch(new RegExp(`^ {2}${name} +[A-Z]`, 'm'));
    expect(await runScript('shortlist', ['help'])).toEqual(help);
    expect(await runScript('shortlist', ['--version'])).toEqual({ code: 0, stderr: '', stdout: `${version}\n` });
  });

  test.each([
    [['rebild'], "unknown command 'rebild' (Did you mean rebuild?)"],
    [['toString'], "unknown command 'toString'"],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [[], 'expected a command'],
  ])('refuses %j in two lines', async (args, problem) => {
    const stderr = `error [usage]: ${problem}\nAll commands: shortlist --help\n`;
    expect(await runScript('shortlist', args)).toEqual({ code: 2, stdout: '', stderr });
  });

  test.each(['rollback', 'start'])('hands --help to %s, which says how it was called', async name => {
    const { code, stdout } = await runScript('shortlist', [name, '--help']);
    expect({ code, usage: stdout.split('\n')[0] }).toEqual({ code: 0, usage: `Usage: shortlist ${name} [options]` });
    expect(stdout).not.toContain('npm ');
  });

  test('says npx where npx called it', async () => {
    vi.stubEnv('npm_command', 'exec');
    expect((await runScript('shortlist', ['rollback', '--help'])).stdout).toMatch(/^Usage: npx shortlist rollback /);
    vi.stubEnv('npm_command', '');
  });

  test('hands over all other arguments, and the exit status', async () => {
    expect(await runScript('shortlist', ['rollback', '--snapshots', 'no/such/place', '--version'])).toEqual({
      code: 2,
      stdout: '',
      stderr: "error [usage]: unknown option '--version'\nSee shortlist rollback --help\n",
    });
  });
});

describe('a command line', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('is the one of npm in the repository', () => {
    expect(commandLine('rebuild', '--ratings r.csv')).toBe('npm run rebuild -- --ratings r.csv');
    expect(commandLine('demo')).toBe('npm run demo');
    expect(commandLine('start')).toBe('npm start');
    expect(commandLine('start', '--help')).toBe('npm start -- --help');
  });

  test('begins with the launcher where there is one', () => {
    vi.stubEnv('SHORTLIST_LAUNCHER', '');
    launchedBy('npx shortlist');
    expect(commandLine('rebuild', '--ratings r.csv')).toBe('npx shortlist rebuild --ratings r.csv');
    expect(commandLine('start')).toBe('npx shortlist start');
  });
});
