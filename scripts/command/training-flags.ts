import type { z } from 'zod';
import { checkOptions, type NumberOption, namesOf, rangeOf } from '../../src/base/options/option.js';
import { ShortlistError } from '../../src/errors.js';
import { ALS_OPTIONS } from '../../src/learn/training/als-options.js';
import { SGD_OPTIONS } from '../../src/learn/training/sgd-options.js';
import type { TrainingChoice } from '../../src/learn/training/train.js';
import { type Flag, type Flags, kebabCase, type Options } from './command.js';
import { numberFlag, oneOf, text } from './flag-values.js';
import { readParameters } from './parameters-file.js';

// The flags of every command that trains, made from what `ALS_OPTIONS` and `SGD_OPTIONS` say.

const { threads: _, ...ALS } = ALS_OPTIONS;
type OptionName = keyof typeof ALS | keyof typeof SGD_OPTIONS;
const OPTIONS_OF: Readonly<Record<TrainingChoice['algorithm'], Readonly<Partial<Record<OptionName, NumberOption>>>>> = {
  als: ALS,
  sgd: SGD_OPTIONS,
};

/** Of both algorithms, then of als alone, then of sgd alone. */
const NAMES: readonly OptionName[] = [
  ...namesOf(ALS).filter(name => name in SGD_OPTIONS),
  ...namesOf(ALS).filter(name => !(name in SGD_OPTIONS)),
  ...namesOf(SGD_OPTIONS).filter(name => !(name in ALS)),
];

export const trainingFlags = {
  algorithm: {
    value: 'NAME',
    help: 'als (clicks, purchases, ratings as likes) or sgd (predicts ratings)',
    schema: oneOf(['als', 'sgd']).default('als'),
  },
  parameters: {
    value: 'FILE',
    help: 'JSON with values of the following flags, such as evaluate --tune writes; a flag that is given wins',
    schema: text().optional(),
  },
  ...(Object.fromEntries(NAMES.map(name => [name, flagOf(name)])) as Record<OptionName, ReturnType<typeof flagOf>>),
} satisfies Flags;

/**
 * The trainer and its options as the flags say, only what was given.
 * @throws ShortlistError 'invalid-option' for a flag that the chosen algorithm does not have, a value outside of its range,
 *   and a file of parameters that cannot be used
 */
export function trainingChoice(flags: Options<typeof trainingFlags>): TrainingChoice {
  const { algorithm } = flags;
  const options = OPTIONS_OF[algorithm];
  const misplaced = NAMES.find(name => flags[name] !== undefined && !options[name]);
  if (misplaced) {
    const flag = `--${kebabCase(misplaced)}`;
    throw new ShortlistError('invalid-option', `${flag} has no meaning for --algorithm ${algorithm}`, { flag });
  }
  // A seed is no property of the data.
  const { seed: _, ...inFile } = options;
  const file: Partial<Record<OptionName, number>> = flags.parameters ? readParameters(flags.parameters, inFile) : {};
  const values = NAMES.map(name => [name, flags[name] ?? file[name]] as const);
  const given = Object.fromEntries(values.filter(([, value]) => value !== undefined));
  checkOptions(options, given);
  return { algorithm, options: given };
}

/** The flag takes what either of the algorithms takes: which of them it is for is not known before all flags are read. */
function flagOf(name: OptionName): Flag<z.ZodType<number | undefined>> {
  const { als, sgd } = { als: OPTIONS_OF.als[name], sgd: OPTIONS_OF.sgd[name] };
  const first = (als ?? sgd)!;
  const second = (sgd ?? als)!;
  const both = (one: string, other: string) => (one === other ? one : `als ${one}, sgd ${other}`);
  const flag = numberFlag({
    ...first,
    meaning: `${sgd ? '' : 'als: '}${als ? '' : 'sgd: '}${first.meaning}`,
    min: Math.min(first.min, second.min),
    max: Math.max(first.max, second.max),
    default: both(String(first.default), String(second.default)),
  });
  return { ...flag, range: both(rangeOf(first), rangeOf(second)) };
}
