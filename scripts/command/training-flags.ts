import { ShortlistError } from '../../src/errors.js';
import { ALS_DEFAULTS, UNOBSERVED_MASS } from '../../src/learn/training/als-options.js';
import { SGD_DEFAULTS } from '../../src/learn/training/sgd-options.js';
import type { TrainingChoice } from '../../src/learn/training/train.js';
import { type Flags, kebabCase, type Options } from './command.js';
import { integer, oneOf, parsedBy, real } from './flag-values.js';
import { type GivenOptions, readParameters } from './parameters-file.js';

// The flags of every command that trains. `AlsOptions` and `SgdOptions` tell what each of them does.

/** Flags of both algorithms; the defaults depend on which. */
const SHARED = {
  factors: { value: 'N', help: both('length of a vector', 'factors'), schema: integer(1, 2048).optional() },
  iterations: { value: 'N', help: both('passes over the data', 'iterations'), schema: integer(1, 10_000).optional() },
  regularization: { value: 'X', help: both('penalty on long vectors', 'regularization'), schema: real(0).optional() },
  stddev: { value: 'X', help: both('scale of the random first vectors', 'stddev'), schema: real(1e-9).optional() },
  seed: { value: 'N', help: both('seed of everything random', 'seed'), schema: integer(0).optional() },
} satisfies Flags;

const ALS_ONLY = {
  regularizationExponent: {
    value: 'X',
    help: als('how the penalty grows with frequency, 0 to 2', 'regularizationExponent'),
    schema: real(0, 2).optional(),
  },
  unobservedWeight: {
    value: 'X',
    help: `als: weight of pairs without interaction (default: ${UNOBSERVED_MASS} x share of pairs with one x its mean weight)`,
    schema: real(1e-12).optional(),
  },
  alpha: { value: 'X', help: als('a rating r weighs 1 + alpha * r', 'alpha'), schema: real(0).optional() },
  minRating: {
    value: 'X',
    help: als('lower ratings are not taken as positive', 'minRating'),
    schema: real(Number.NEGATIVE_INFINITY).optional(),
  },
} satisfies Flags;

const SGD_ONLY = {
  learningRate: { value: 'X', help: sgd('size of a step', 'learningRate'), schema: real(1e-12).optional() },
  learningRateDecay: {
    value: 'X',
    help: sgd('factor on the step after each pass', 'learningRateDecay'),
    schema: real(1e-12, 1).optional(),
  },
  validation: {
    value: 'X',
    help: sgd('part held out to stop early, 0 to 0.5', 'validation'),
    schema: real(0, 0.5).optional(),
  },
  patience: {
    value: 'N',
    help: sgd('passes without progress before it stops', 'patience'),
    schema: integer(1, 10_000).optional(),
  },
} satisfies Flags;

/** What a file of parameters may hold: all but the seed, which is no property of the data. */
const { seed: _, ...IN_FILE } = { ...SHARED, ...ALS_ONLY, ...SGD_ONLY };

export const trainingFlags = {
  algorithm: {
    value: 'NAME',
    help: 'als (clicks, purchases, ratings as likes) or sgd (predicts ratings)',
    schema: oneOf(['als', 'sgd']).default('als'),
  },
  parameters: {
    value: 'FILE',
    help: 'JSON with values of the following flags, such as evaluate --tune writes; a flag that is given wins',
    schema: parsedBy(path => readParameters(path, IN_FILE)).optional(),
  },
  ...SHARED,
  ...ALS_ONLY,
  ...SGD_ONLY,
} satisfies Flags;

/**
 * The trainer and its options as the flags say, only what was given.
 * @throws ShortlistError 'invalid-option' for a flag that the chosen algorithm does not have
 */
export function trainingChoice(commandLine: Options<typeof trainingFlags>): TrainingChoice {
  const flags = withParameters(commandLine);
  const { algorithm } = flags;
  const foreign = Object.keys(algorithm === 'als' ? SGD_ONLY : ALS_ONLY) as (keyof typeof trainingFlags)[];
  const misplaced = foreign.find(name => flags[name] !== undefined);
  if (misplaced) {
    const flag = `--${kebabCase(misplaced)}`;
    throw new ShortlistError('invalid-option', `${flag} has no meaning for --algorithm ${algorithm}`, { flag });
  }
  return algorithm === 'als'
    ? { algorithm, options: given(flags, { ...SHARED, ...ALS_ONLY }) }
    : { algorithm, options: given(flags, { ...SHARED, ...SGD_ONLY }) };
}

/** What the file of parameters has fills in for flags that were not given. */
function withParameters(flags: Options<typeof trainingFlags>): Options<typeof trainingFlags> {
  return { ...flags, ...flags.parameters, ...given(flags, trainingFlags) };
}

/** The values of some flags, without those that were not given. */
function given<F extends Flags>(values: NoInfer<Options<F>>, flags: F): GivenOptions<F> {
  const names = Object.keys(flags).filter(name => values[name] !== undefined);
  return Object.fromEntries(names.map(name => [name, values[name]])) as GivenOptions<F>;
}

function both(help: string, name: keyof typeof ALS_DEFAULTS & keyof typeof SGD_DEFAULTS): string {
  const [forAls, forSgd] = [ALS_DEFAULTS[name], SGD_DEFAULTS[name]];
  return `${help} (default: ${forAls === forSgd ? forAls : `als ${forAls}, sgd ${forSgd}`})`;
}

function als(help: string, name: keyof typeof ALS_DEFAULTS): string {
  return `als: ${help} (default: ${ALS_DEFAULTS[name]})`;
}

function sgd(help: string, name: keyof typeof SGD_DEFAULTS): string {
  return `sgd: ${help} (default: ${SGD_DEFAULTS[name]})`;
}
