import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandOutput, type Options, runCommand } from '../../scripts/command/command.js';
import { trainingChoice, trainingFlags } from '../../scripts/command/training-flags.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-parameters-'));

function file(content: string): string {
  const path = join(directory, 'parameters.json');
  writeFileSync(path, content);
  return path;
}

/** What a command makes of its training flags. */
async function choiceOf(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  const write: CommandOutput = {
    stdout: text => {
      output.stdout += text;
    },
    stderr: text => {
      output.stderr += text;
    },
  };
  const code = await runCommand(
    {
      name: 'choose',
      summary: 'Shows the choice.',
      flags: trainingFlags,
      run: async (options: Options<typeof trainingFlags>) => trainingChoice(options),
      print: () => '',
    },
    [...args, '--json'],
    write,
  );
  return { code, ...output };
}

describe('--parameters', () => {
  test('fills in what no flag gives', async () => {
    const path = file('{"factors": 128, "regularization": 1e-7, "unobservedWeight": 0.03}');
    const { code, stdout } = await choiceOf('--parameters', path, '--unobserved-weight', '0.5', '--seed', '7');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      algorithm: 'als',
      options: { factors: 128, regularization: 1e-7, unobservedWeight: 0.5, seed: 7 },
    });
  });

  test('takes values of sgd for sgd only', async () => {
    const path = file('{"learningRate": 0.5}');
    const { stdout } = await choiceOf('--parameters', path, '--algorithm', 'sgd');
    expect(JSON.parse(stdout)).toEqual({ algorithm: 'sgd', options: { learningRate: 0.5 } });
    expect((await choiceOf('--parameters', path)).stderr).toMatch(
      /has "learningRate"; expected only factors, .*, minRating/,
    );
  });

  test.each([
    ['a name that is no flag', '{"factor": 3}', /has "factor"; expected only factors, iterations/],
    ['a seed', '{"seed": 3}', /has "seed"; expected only/],
    ['a value out of range', '{"factors": 0}', /factors in .*: expected a whole number from 1 to 2048, got "0"/],
    ['a value that is no number', '{"regularization": null}', /regularization in .*: expected a number/],
    ['another kind of JSON', '[1]', /expected a JSON object in/],
    ['no JSON', 'factors: 3', /cannot read parameters/],
  ])('refuses %s', async (_, content, message) => {
    const { code, stderr } = await choiceOf('--parameters', file(content));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('refuses a file that is not there', async () => {
    const { code, stderr } = await choiceOf('--parameters', join(directory, 'missing.json'));
    expect({ code, named: /cannot read parameters: ENOENT/.test(stderr) }).toEqual({ code: 2, named: true });
  });
});
