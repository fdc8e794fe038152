import { ShortlistError } from '../../errors.js';

// An option is described once, beside what it is an option of: its type, its check, its flag with its help, and its schema
// are made from the description. Nothing here needs a library, since worker threads load it too.

/** An option that is a number. `Default` is `number` where the default is fixed. */
export interface NumberOption<Default extends number | string | undefined = number | string | undefined> {
  readonly kind: 'integer' | 'real';
  /** What it is, in words that suit a line of help. What raising it does stands in the docstring of its description. */
  readonly meaning: string;
  readonly min: number;
  readonly max: number;
  /** The value when none is given; in words where it depends on the data or the machine; undefined where one is needed. */
  readonly default: Default;
}

/** The numbers that an option takes. */
export type NumberRange = Pick<NumberOption, 'kind' | 'min' | 'max'>;

/** An option that is on or off. */
export interface BooleanOption {
  readonly kind: 'boolean';
  readonly meaning: string;
  readonly default: boolean;
}

/** An option that is one of a few words. */
export interface ChoiceOption<Word extends string = string> {
  readonly kind: 'choice';
  readonly meaning: string;
  readonly words: readonly [Word, ...Word[]];
  readonly default: Word;
}

/** An option that is a list of ids or names, at most `most` of them; none by default. */
export interface ListOption {
  readonly kind: 'list';
  readonly meaning: string;
  readonly most: number;
}

export type Option = NumberOption | BooleanOption | ChoiceOption | ListOption;
/** Descriptions by the names of their options. */
export type Options = Readonly<Record<string, Option>>;
type NumberOptions = Readonly<Record<string, NumberOption>>;

type ValueOf<O extends Option> = O extends NumberOption
  ? number
  : O extends BooleanOption
    ? boolean
    : O extends ChoiceOption<infer Word>
      ? Word
      : readonly string[];
/** What the options have as values, each with the docstring of its description. */
export type OptionValues<O extends Options> = { readonly [Name in keyof O]: ValueOf<O[Name]> };
/** Values of some of the options. */
export type GivenValues<O extends Options> = { readonly [Name in keyof O]?: ValueOf<O[Name]> | undefined };

/** As `min` of an option: anything above 0. */
export const ABOVE_ZERO = Number.MIN_VALUE;

interface NumberFacts<Default> {
  readonly meaning: string;
  /** Default: no bound. */
  readonly min?: number;
  /** Default: no bound. */
  readonly max?: number;
  readonly default?: Default;
}

/** A whole number. Without bounds, any that JavaScript can count with. */
export function integer<Default extends number | string | undefined = undefined>(
  facts: NumberFacts<Default>,
): NumberOption<Default> {
  const { meaning, min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = facts;
  return { kind: 'integer', meaning, min, max, default: facts.default as Default };
}

/** A finite number. */
export function real<Default extends number | string | undefined = undefined>(
  facts: NumberFacts<Default>,
): NumberOption<Default> {
  const { meaning, min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = facts;
  return { kind: 'real', meaning, min, max, default: facts.default as Default };
}

export function boolean(facts: Omit<BooleanOption, 'kind'>): BooleanOption {
  return { kind: 'boolean', ...facts };
}

export function choice<const Word extends string>(facts: Omit<ChoiceOption<Word>, 'kind'>): ChoiceOption<Word> {
  return { kind: 'choice', ...facts };
}

export function list(facts: Omit<ListOption, 'kind'>): ListOption {
  return { kind: 'list', ...facts };
}

export function isInRange({ kind, min, max }: NumberRange, value: number): boolean {
  return (kind === 'integer' ? Number.isInteger(value) : Number.isFinite(value)) && value >= min && value <= max;
}

/** Such as `from 1 to 2048`, `at least 0` and `above 0`; empty where any number will do. */
export function rangeOf({ min, max }: NumberRange): string {
  const hasMin = min > -Number.MAX_SAFE_INTEGER && min !== ABOVE_ZERO;
  const hasMax = max < Number.MAX_SAFE_INTEGER;
  if (hasMin && hasMax) return `from ${min} to ${max}`;
  const bounds = [hasMin ? `at least ${min}` : min === ABOVE_ZERO ? 'above 0' : '', hasMax ? `at most ${max}` : ''];
  return bounds.filter(bound => bound !== '').join(' and ');
}

/** What a value must be, such as `a whole number from 1 to 2048`. */
export function expectationOf(option: NumberRange): string {
  const range = rangeOf(option).replace(/^at /, 'of at ');
  if (option.kind === 'integer') return `a whole number ${range}`.trimEnd();
  return range === '' ? 'a finite number' : `a number ${range}`;
}

/** @throws ShortlistError `invalid-option`, naming the option, for a value out of its range */
export function checkOption(name: string, option: NumberOption, value: number): void {
  if (isInRange(option, value)) return;
  throw new ShortlistError('invalid-option', `\`${name}\` must be ${expectationOf(option)}, got ${value}.`, {
    option: name,
    value,
    least: option.min,
    most: option.max,
  });
}

/** @throws ShortlistError `invalid-option` for the first of the given values that is out of range */
export function checkOptions<O extends NumberOptions>(options: O, given: GivenValues<O>): void {
  for (const [name, option] of Object.entries(options)) {
    const value = given[name];
    if (value !== undefined) checkOption(name, option, value);
  }
}

/**
 * All values: those given, and defaults for the others.
 * @param computed the defaults that the descriptions have in words only
 * @throws ShortlistError `invalid-option` for a value that is out of range or missing
 */
export function completeOptions<O extends NumberOptions>(
  options: O,
  given: GivenValues<O>,
  computed: { readonly [Name in keyof O as O[Name]['default'] extends number ? never : Name]: number },
): OptionValues<O> {
  const presets: Readonly<Record<string, number>> = computed;
  const values = Object.entries(options).map(([name, option]) => {
    const preset = typeof option.default === 'number' ? option.default : presets[name];
    const value = given[name] ?? preset ?? Number.NaN;
    checkOption(name, option, value);
    return [name, value];
  });
  return Object.fromEntries(values) as OptionValues<O>;
}

/** The names of the options, in their order. */
export function namesOf<O extends Options>(options: O): readonly (keyof O & string)[] {
  return Object.keys(options);
}

/** The values of these options among others. */
export function valuesOf<O extends Options>(options: O, values: NoInfer<OptionValues<O>>): OptionValues<O> {
  return Object.fromEntries(namesOf(options).map(name => [name, values[name]])) as OptionValues<O>;
}
