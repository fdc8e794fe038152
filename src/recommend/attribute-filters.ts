import { createHash } from 'node:crypto';
import { list } from '../base/options/option.js';
import { allSteps, type Steps } from '../base/threads/steps.js';
import { ShortlistError } from '../errors.js';
import {
  type AttributeColumn,
  type Attributes,
  KIND_NAMES,
  type NumberColumn,
  type TextColumn,
} from '../learn/model/attributes.js';

/** Longer ones first: `<=` is not `<` with a value that begins with `=`. */
export const FILTER_OPERATORS = ['<=', '>=', '!=', '=', '<', '>'] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** A condition on an attribute of items. */
export interface AttributeFilter {
  readonly attribute: string;
  readonly op: FilterOperator;
  /** Of the attribute's kind. A list, for `=` and `!=`: any of these values. */
  readonly value: FilterValue | readonly FilterValue[];
}
export type FilterValue = number | boolean | string;

/** What a request may say of attributes, beside what `REQUEST_OPTIONS` describes. */
export const ATTRIBUTE_OPTIONS = {
  filters: list({
    meaning:
      'Only items that fulfil all of these conditions on their attributes come back, such as `price<=20`, `brand=acme` and ' +
      '`brand=acme|globex` (any of these), with one of = != < <= > >=. An item without the attribute fulfils != alone.',
    most: 20,
  }),
  attributes: list({ meaning: 'Names of attributes to return with each item, such as `price`.', most: 64 }),
};

export interface AttributeOptions {
  /** See `ATTRIBUTE_OPTIONS`; as text or as objects. Default: none. */
  readonly filters?: readonly (string | AttributeFilter)[] | undefined;
  /** Names of attributes to return with each item. Default: none. */
  readonly attributes?: readonly string[] | undefined;
}

/** Memory of the filters that are kept, in bytes, and how many are at most. */
const KEPT_BYTES = 1 << 25;
const MOST_KEPT = 1000;
/** Characters from which a filter is known by its hash. */
const LONGEST_KEY = 1000;
/** Words of 32 items that one step makes, some 0.2 ms. */
const STEP_WORDS = 256;

/**
 * Conditions on attributes as items that they exclude. What a filter excludes is found by one pass over a column and kept,
 * since callers filter by the same few conditions again and again.
 */
export class AttributeFilters {
  readonly #kept = new Map<string, Uint32Array>();
  readonly #mostKept: number;

  /** @param items in the catalogue */
  constructor(
    private readonly attributes: Attributes,
    private readonly items: number,
  ) {
    this.#mostKept = Math.min(MOST_KEPT, Math.max(1, Math.floor(KEPT_BYTES / (items / 8))));
  }

  /**
   * The items that do not fulfil a filter, as bits: see `ItemMask.excludeWords`. An item without the attribute fulfils `!=` and
   * nothing else. A list of texts fulfils `=` when it has the text.
   * @param filter or as text: `price<=20`, `brand=acme`, `brand=acme|globex` (any of these). Texts compare by UTF-16 units, so
   *   that ISO dates compare by time.
   * @throws {ShortlistError} `invalid-filter`
   */
  excluded(filter: string | AttributeFilter): Uint32Array {
    return allSteps(this.inSteps(filter));
  }

  /** Whether what a filter excludes is kept. */
  knows(filter: string | AttributeFilter): boolean {
    return this.#kept.has(keyOf(filter));
  }

  /** What `excluded` gives. */
  *inSteps(filter: string | AttributeFilter): Steps<Uint32Array> {
    const key = keyOf(filter);
    const known = this.#kept.get(key);
    if (known) return known;
    const accepts = this.#conditionOf(typeof filter === 'string' ? parseFilter(filter) : filter);
    const words = new Uint32Array((this.items + 31) >>> 5);
    for (let w = 0; w < words.length; w++) {
      let word = 0;
      const end = Math.min(32 * w + 32, this.items);
      for (let item = 32 * w; item < end; item++) if (!accepts(item)) word |= 1 << (item & 31);
      words[w] = word;
      if (w % STEP_WORDS === STEP_WORDS - 1) yield;
    }
    if (this.#kept.size >= this.#mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, words);
    return words;
  }

  #conditionOf(filter: AttributeFilter): (item: number) => boolean {
    const column = this.attributes.column(filter.attribute);
    if (!column) throw invalid(filter, unknown(this.attributes, filter.attribute));
    const { op } = filter;
    if (!FILTER_OPERATORS.includes(op))
      throw invalid(filter, `expected one of ${FILTER_OPERATORS.join(' ')} as operator`);
    const values = [filter.value].flat() as readonly FilterValue[];
    const ordered = op !== '=' && op !== '!=';
    if (ordered && (column.kind === 'boolean' || column.kind === 'texts')) {
      throw invalid(filter, `${column.name} is ${KIND_NAMES[column.kind]}, which takes = and != only`);
    }
    if (ordered && values.length !== 1) throw invalid(filter, `${op} takes one value`);
    if ('values' in column) {
      return numberCondition(
        column,
        op,
        values.map(value => numberFrom(filter, column, value)),
      );
    }
    const texts = values.map(value => {
      if (typeof value === 'string') return value;
      throw invalid(
        filter,
        `${column.name} is ${KIND_NAMES[column.kind]}; expected a text, got ${JSON.stringify(value)}`,
      );
    });
    return textCondition(column, op, this.#textsFulfilling(column, op, texts));
  }

  /** By number of a text of the column: 1 where it fulfils the condition, for `!=` that of `=`. */
  #textsFulfilling(column: TextColumn, op: FilterOperator, values: readonly string[]): Uint8Array {
    const texts = this.attributes.textsOf(column);
    const fulfilling = new Uint8Array(texts.length);
    for (const value of values) {
      const first = texts.firstAtLeast(value);
      const next = first < texts.length && texts.is(first, value) ? first + 1 : first;
      if (op === '<') fulfilling.fill(1, 0, first);
      else if (op === '<=') fulfilling.fill(1, 0, next);
      else if (op === '>') fulfilling.fill(1, next);
      else if (op === '>=') fulfilling.fill(1, first);
      else fulfilling.fill(1, first, next);
    }
    return fulfilling;
  }
}

/** Of objects, as long as they live: a batch asks with the same for each user. */
const keys = new WeakMap<AttributeFilter, string>();

/** What tells one filter from another: nothing is kept that a client can make long. */
function keyOf(filter: string | AttributeFilter): string {
  if (typeof filter === 'string') return shortKey(filter);
  const key = keys.get(filter) ?? shortKey(JSON.stringify([filter.attribute, filter.op, filter.value]));
  keys.set(filter, key);
  return key;
}

function shortKey(key: string): string {
  return key.length > LONGEST_KEY ? createHash('sha256').update(key).digest('base64') : key;
}

/** @throws {ShortlistError} `unknown-attribute` */
export function knownAttribute(attributes: Attributes, name: string): AttributeColumn {
  const column = attributes.column(name);
  if (column) return column;
  throw new ShortlistError('unknown-attribute', `In this snapshot ${unknown(attributes, name)}.`, {
    attribute: name,
    attributes: attributes.data.map(column => column.name),
  });
}

function unknown({ data }: Attributes, name: string): string {
  const shown = data.map(({ name, kind }) => `${name} (${KIND_NAMES[kind]})`).join(', ');
  return (
    `there is no attribute "${name.slice(0, 100)}"; ` +
    (data.length > 0 ? `there are: ${shown}` : 'it was built without attributes')
  );
}

function numberCondition(
  { values }: NumberColumn,
  op: FilterOperator,
  wanted: readonly number[],
): (item: number) => boolean {
  const [bound = Number.NaN] = wanted;
  const any = new Set(wanted);
  // No comparison is true of the NaN of an item without the attribute.
  switch (op) {
    case '<':
      return item => values[item]! < bound;
    case '<=':
      return item => values[item]! <= bound;
    case '>':
      return item => values[item]! > bound;
    case '>=':
      return item => values[item]! >= bound;
    case '=':
      return any.size === 1 ? item => values[item] === bound : item => any.has(values[item]!);
    case '!=':
      return any.size === 1 ? item => values[item] !== bound : item => !any.has(values[item]!);
  }
}

function textCondition(
  { starts, numbers }: TextColumn,
  op: FilterOperator,
  fulfilling: Uint8Array,
): (item: number) => boolean {
  const has = (item: number) => {
    for (let at = starts[item]!; at < starts[item + 1]!; at++) if (fulfilling[numbers[at]!] === 1) return true;
    return false;
  };
  return op === '!=' ? item => !has(item) : has;
}

/** @throws {ShortlistError} `invalid-filter` */
function parseFilter(text: string): AttributeFilter {
  const match = /^(.*?)(<=|>=|!=|==|=|<|>)(.*)$/s.exec(text);
  const attribute = match?.[1]?.trim() ?? '';
  if (!match || attribute === '') {
    throw new ShortlistError(
      'invalid-filter',
      `The filter "${text.slice(0, 100)}" is no condition; expected an attribute, one of = != < <= > >=, and a value, such ` +
        'as price<=20 or brand=acme|globex.',
      { filter: text },
    );
  }
  const op = (match[2] === '==' ? '=' : match[2]) as FilterOperator;
  return { attribute, op, value: match[3]!.split('|').map(value => value.trim()) };
}

function numberFrom(filter: AttributeFilter, { name, kind }: NumberColumn, value: FilterValue): number {
  if (kind === 'boolean') {
    if (value === true || value === 'true') return 1;
    if (value === false || value === 'false') return 0;
    throw invalid(filter, `${name} is true or false, got ${JSON.stringify(value)}`);
  }
  const number =
    typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw invalid(filter, `${name} is a number; expected one such as 20 or 17.5, got ${JSON.stringify(value)}`);
}

function invalid({ attribute, op, value }: AttributeFilter, why: string): ShortlistError {
  const text = `${attribute}${op}${[value].flat().join('|')}`;
  return new ShortlistError('invalid-filter', `The filter "${text.slice(0, 100)}" does not fit: ${why}.`, {
    filter: text,
  });
}
