import { describe, expect, test } from 'vitest';
import { runCommand } from '../../scripts/command/command.js';
import { commaList, numberFlag, numberValue, oneOf, onOff, text, texts } from '../../scripts/command/flag-values.js';
import { integer, real } from '../../src/base/options/option.js';
import { ShortlistError } from '../../src/errors.js';

const flags = {
  ratings: { value: 'FILE...', help: 'Ratings files', schema: texts() },
  factors: numberFlag(integer({ meaning: 'Numbers per vector', min: 1, max: 4096, default: 64 })),
  regularization: numberFlag(real({ meaning: 'Weight of the norms', min: 0, default: 0.01 })),
  algorithm: { value: 'NAME', help: 'Trainer', schema: oneOf(['als', 'sgd']).default('als') },
  k: {
    value: 'LIST',
    help: 'Cut-offs',
    schema: commaList(numberValue(integer({ meaning: '', min: 1 }))).default([10, 20]),
  },
  minRating: numberFlag(real({ meaning: 'Smallest rating kept', min: -10, default: 'all of them' })),
  userColumn: { value: 'NAME', help: 'Column of the user', schema: text().optional() },
  skipBadRows: { help: 'Go on after bad rows', schema: onOff() },
};

/** Where a wrong use is put right. */
const HINT = 'See npm run sample -- --help\n';

/** Runs the sample command, which returns its options, or throws what it is given. */
async function run(args: string[], thrown?: unknown) {
  const out = { stdout: '', stderr: '' };
  const code = await runCommand(
    {
      name: 'sample',
      summary: 'A command to test with.',
      flags,
      examples: ['--ratings r.csv'],
      run: async options => {
        if (thrown !== undefined) throw thrown;
        return options;
      },
      print: ({ factors }) => `factors ${factors}`,
    },
    args,
    {
      stdout: text => {
        out.stdout += text;
      },
      stderr: text => {
        out.stderr += text;
      },
    },
  );
  return { code, ...out };
}

describe('a command', () => {
  test('hands checked and converted flags to its work and prints one JSON line', async () => {
    const { code, stdout, stderr } = await run([
      ...['--json', '--ratings', 'a.csv', 'b.csv', '--factors', '8', '--regularization', '1e-3', '--k', '5, 10'],
      ...['--min-rating', '-1.5', '--user-column', 'who', '--skip-bad-rows'],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toEqual({
      ratings: ['a.csv', 'b.csv'],
      factors: 8,
      regularization: 0.001,
      algorithm: 'als',
      k: [5, 10],
      minRating: -1.5,
      userColumn: 'who',
      skipBadRows: true,
    });
  });

  test('prints text for people without --json', async () => {
    expect(await run(['--ratings', 'a'])).toEqual({ code: 0, stdout: 'factors 64\n', stderr: '' });
  });

  test('shows every flag with its default, and the examples, under --help', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: npm run sample -- [options]');
    expect(stdout).toMatch(/--factors <N> +Numbers per vector \(from 1 to 4096; default: 64\)/);
    expect(stdout).toMatch(/--skip-bad-rows +Go on after bad rows\n/);
    expect(stdout).toContain('npm run sample -- --ratings r.csv');
  });

  test.each([
    [['--ratings', 'a', '--factors', 'abc'], '--factors: expected a whole number from 1 to 4096, got "abc"'],
    [['--ratings', 'a', '--factors', ''], '--factors: expected a whole number from 1 to 4096, got ""'],
    [['--ratings', 'a', '--factors', '1e3'], '--factors: expected a whole number from 1 to 4096, got "1e3"'],
    [['--ratings', 'a', '--factors', '0'], '--factors: expected a whole number from 1 to 4096, got "0"'],
    [['--ratings', 'a', '--regularization', 'NaN'], '--regularization: expected a number of at least 0, got "NaN"'],
    [['--ratings', 'a', '--algorithm', 'svd'], '--algorithm: expected als, sgd, got "svd"'],
    [['--ratings', 'a', '--k', '10,ten'], '--k: expected a whole number of at least 1, got "ten"'],
    [['--ratings', 'a', '--k', '10,10'], '--k: expected every value once'],
    [['--ratings', 'a', '--user-column', ''], '--user-column: expected a value that is not empty'],
    [['--factors', '8'], '--ratings FILE... is required'],
    [['--ratings'], "option '--ratings <FILE...>' argument missing"],
    [['--ratings', 'a', '--factor', '8'], "unknown option '--factor' (Did you mean --factors?)"],
    [['--rating', 'a'], "unknown option '--rating' (Did you mean --ratings?)"],
    [["--it's", '--ratings', 'a'], "unknown option '--it's'"],
    [['--factors', '8', 'stray', '--ratings', 'a'], 'expected flags and their values, got "stray"'],
  ])('refuses %j as wrong usage in two lines', async (args, problem) => {
    const stderr = `error [usage]: ${problem}\n${HINT}`;
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr });
  });

  test('says all that is wrong with its arguments, one line each', async () => {
    const { code, stderr } = await run([
      '--factor',
      '8',
      '--k=0',
      '--algoritm=als',
      '--factors',
      'x',
      '--skip-bad-row',
    ]);
    expect({ code, lines: stderr.split('\n') }).toEqual({
      code: 2,
      lines: [
        "error [usage]: unknown option '--factor' (Did you mean --factors?)",
        "error [usage]: unknown option '--algoritm' (Did you mean --algorithm?)",
        "error [usage]: unknown option '--skip-bad-row' (Did you mean --skip-bad-rows?)",
        'error [usage]: --ratings FILE... is required',
        'error [usage]: --factors: expected a whole number from 1 to 4096, got "x"',
        'error [usage]: --k: expected a whole number of at least 1, got "0"',
        HINT.trim(),
        '',
      ],
    });
  });

  test('reports a named failure in one line', async () => {
    expect(await run(['--ratings', 'a'], new ShortlistError('unknown-item', 'Two\n  lines.', { itemId: 'i' }))).toEqual(
      {
        code: 1,
        stdout: '',
        stderr: 'error [unknown-item]: Two lines.\n',
      },
    );
  });

  test('reports an invalid option found during the work as wrong usage', async () => {
    const { code, stderr } = await run(['--ratings', 'a'], new ShortlistError('invalid-option', 'Give either.'));
    expect({ code, stderr }).toEqual({ code: 2, stderr: `error [usage]: Give either.\n${HINT}` });
  });

  test('keeps the stack of a failure that nobody foresaw', async () => {
    const { code, stderr } = await run(['--ratings', 'a'], new TypeError('x is undefined'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error \[unexpected\]: x is undefined\nTypeError: x is undefined\n {4}at /);
  });
});
