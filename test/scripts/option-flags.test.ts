import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Flags, kebabCase, type Options, runCommand } from '../../scripts/command/command.js';
import { objectiveFlags, objectiveFrom } from '../../scripts/command/objective-flags.js';
import { publishFlags, publishOptions, seedFlag } from '../../scripts/command/snapshot-flags.js';
import { trainingChoice, trainingFlags } from '../../scripts/command/training-flags.js';
import {
  ABOVE_ZERO,
  checkOptions,
  completeOptions,
  type NumberOption,
  rangeOf,
} from '../../src/base/options/option.js';
import { ALS_LOSS_OPTIONS, ALS_OPTIONS, completeAlsOptions } from '../../src/learn/training/als-options.js';
import { completeSgdOptions, SGD_OPTIONS } from '../../src/learn/training/sgd-options.js';
import { PUBLISH_OPTIONS } from '../../src/snapshot/publish-options.js';

/** Runs a command of these flags that only returns what `use` makes of them. */
async function run<F extends Flags>(flags: F, args: readonly string[], use: (given: Options<F>) => unknown) {
  const out = { stdout: '', stderr: '' };
  const definition = {
    name: 'sample',
    summary: '',
    flags,
    run: async (given: Options<F>) => use(given),
    print: String,
  };
  const code = await runCommand(definition, args, {
    stdout: text => {
      out.stdout += text;
    },
    stderr: text => {
      out.stderr += text;
    },
  });
  return { code, ...out };
}

interface Taken {
  readonly name: string;
  readonly option: NumberOption;
  /** @throws where the function that has the option refuses the value */
  readonly inCode: (value: number) => unknown;
  readonly onCommandLine: (...args: string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
}

const counts = { users: 9, items: 9, interactions: 30 };
const { threads: _, ...ALS } = ALS_OPTIONS;
const entries = (options: Readonly<Record<string, NumberOption>>) => Object.entries(options);
const onPublishing = { ...publishFlags, ...seedFlag };

/** Defaults of the loss where no data are trained on. */
const IMPORTED: Readonly<Record<string, number>> = { unobservedWeight: 0.1, alpha: 0, minRating: 0 };

const everyOption: readonly Taken[] = [
  ...entries(ALS).map(([name, option]) => ({
    name,
    option,
    inCode: (value: number) => completeAlsOptions({ [name]: value }, counts),
    onCommandLine: (...args: string[]) => run(trainingFlags, args, trainingChoice),
  })),
  ...entries(SGD_OPTIONS).map(([name, option]) => ({
    name,
    option,
    inCode: (value: number) => completeSgdOptions({ [name]: value }),
    onCommandLine: (...args: string[]) => run(trainingFlags, ['--algorithm', 'sgd', ...args], trainingChoice),
  })),
  ...entries(PUBLISH_OPTIONS).map(([name, option]) => ({
    name,
    option,
    inCode: (value: number) => checkOptions(PUBLISH_OPTIONS, { [name]: value }),
    onCommandLine: (...args: string[]) => run(onPublishing, args, publishOptions),
  })),
  ...entries(ALS_LOSS_OPTIONS).map(([name, option]) => ({
    name,
    option,
    inCode: (value: number) => completeAlsOptions({ [name]: value }, counts),
    onCommandLine: (...args: string[]) => run(objectiveFlags, args, objectiveFrom),
  })),
];

/** What lies on a bound, and what just does not. */
function atTheBounds({ kind, min, max }: NumberOption): { inside: number[]; outside: number[] } {
  const beyond = (bound: number, way: 1 | -1) =>
    kind === 'integer' ? bound + way : bound === ABOVE_ZERO ? 0 : bound + way * Math.max(Math.abs(bound), 1) * 2 ** -52;
  return {
    inside: [min, max],
    outside: [beyond(min, -1), beyond(max, 1), Number.NaN, ...(kind === 'integer' ? [min + 0.5] : [])],
  };
}

describe('an option', () => {
  test.each(everyOption)('$name has the same range in code and as a flag', async taken => {
    const { name, option, inCode, onCommandLine } = taken;
    const flag = `--${kebabCase(name)}`;
    const { inside, outside } = atTheBounds(option);
    for (const value of inside) {
      expect(() => inCode(value), String(value)).not.toThrow();
      expect((await onCommandLine(flag, String(value))).stderr, String(value)).toBe('');
    }
    for (const value of outside) {
      const refusal = expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(name) });
      expect(() => inCode(value), String(value)).toThrow(refusal);
      const { code, stderr } = await onCommandLine(flag, String(value));
      expect({ value, code }).toEqual({ value, code: 2 });
      expect(stderr.split('\n')[0]).toMatch(new RegExp(`(${flag}|${name}).*${value}`));
    }
    const arbitrary = fc.oneof(fc.double(), fc.double({ min: -3, max: 3 }), fc.integer({ min: -5, max: 3000 }));
    await fc.assert(
      fc.asyncProperty(arbitrary, async value => {
        let isTaken = true;
        try {
          inCode(value);
        } catch {
          isTaken = false;
        }
        expect((await onCommandLine(flag, String(value))).code).toBe(isTaken ? 0 : 2);
      }),
      { numRuns: 30 },
    );
  });

  test.each(everyOption)(
    '$name shows its range and its default under --help',
    async ({ name, option, onCommandLine }) => {
      const { stdout } = await onCommandLine('--help');
      const help = stdout.replaceAll(/\s+/g, ' ');
      const shown = help.slice(help.indexOf(` --${kebabCase(name)} <`)).match(/\(.*?\)/)?.[0];
      expect(shown).toContain(rangeOf(option));
      // An import has no data that a default could depend on.
      const preset = shown?.endsWith(`default: ${IMPORTED[name]})`) ? IMPORTED[name] : option.default;
      expect(shown).toContain(`${preset}`);
    },
  );
});

test('no flag at all leaves every default to the trainers, or is the default', async () => {
  const given = async <F extends Flags>(flags: F, use: (given: Options<F>) => unknown, ...args: string[]) =>
    JSON.parse((await run(flags, [...args, '--json'], use)).stdout);
  expect(await given(trainingFlags, trainingChoice)).toEqual({ algorithm: 'als', options: {} });
  expect(await given(trainingFlags, trainingChoice, '--algorithm', 'sgd')).toEqual({ algorithm: 'sgd', options: {} });
  const presets = Object.fromEntries(entries(PUBLISH_OPTIONS).map(([name, option]) => [name, option.default]));
  const published = await given(onPublishing, flags => completeOptions(PUBLISH_OPTIONS, publishOptions(flags), {}));
  expect(published).toEqual(presets);
  const loss = Object.fromEntries(entries(ALS_LOSS_OPTIONS).map(([name, option]) => [name, option.default]));
  expect(await given(objectiveFlags, objectiveFrom)).toEqual({ algorithm: 'als', ...loss, ...IMPORTED });
});

test('what one algorithm takes of a flag that both have, the other may refuse', async () => {
  const choose = (...args: string[]) => run(trainingFlags, args, trainingChoice);
  expect((await choose('--algorithm', 'sgd', '--factors', '0')).code).toBe(0);
  const { code, stderr } = await choose('--factors', '0');
  expect(code).toBe(2);
  expect(stderr).toContain('error [usage]: --factors must be a whole number from 1 to 2048, got 0.\n');
});
