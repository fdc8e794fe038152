import { GrowingArray } from '../../base/numeric/growing-array.js';
import { checkAlphabetical, PackedStrings, type PackedStringsData } from '../../base/numeric/packed-strings.js';
import { startsOf } from '../../base/numeric/sorting.js';
import { checkBelow, checkStarts } from '../../base/numeric/table-checks.js';
import { ShortlistError } from '../../errors.js';
import type { ItemIndex } from '../dataset/id-map.js';
import { type AttributeValue, type CatalogueItem, MAX_ATTRIBUTES } from '../ratings/ratings-table.js';

/** What the values of an attribute are, the same for all items: `texts` is a list of texts. */
export const ATTRIBUTE_KINDS = ['number', 'boolean', 'text', 'texts'] as const;
export type AttributeKind = (typeof ATTRIBUTE_KINDS)[number];

/** In messages. */
export const KIND_NAMES: Readonly<Record<AttributeKind, string>> = {
  number: 'a number',
  boolean: 'true or false',
  text: 'a text',
  texts: 'a list of texts',
};

/** The values of one attribute by item index: plain arrays that another thread can be given as they are. */
export type AttributeColumn = NumberColumn | TextColumn;

export interface NumberColumn {
  readonly name: string;
  /** A boolean is 1 or 0. */
  readonly kind: 'number' | 'boolean';
  /** NaN where the item does not have it. */
  readonly values: Float64Array;
}

export interface TextColumn {
  readonly name: string;
  readonly kind: 'text' | 'texts';
  /** The texts that occur, each once, ascending by UTF-16 units: a text's number is its place here. */
  readonly texts: PackedStringsData;
  /** Texts of item i: numbers[starts[i]] … numbers[starts[i+1]-1]; none where the item does not have the attribute. */
  readonly starts: Uint32Array;
  readonly numbers: Uint32Array;
}

/** Further facts about items, such as prices and brands, column by column. */
export class Attributes {
  readonly #columns: ReadonlyMap<string, AttributeColumn>;
  readonly #texts: ReadonlyMap<AttributeColumn, PackedStrings>;

  constructor(readonly data: readonly AttributeColumn[]) {
    this.#columns = new Map(data.map(column => [column.name, column]));
    this.#texts = new Map(
      data.flatMap(column => ('texts' in column ? [[column, new PackedStrings(column.texts)]] : [])),
    );
  }

  /**
   * @param kinds as `attributeKinds` gives them
   * @param facts the item of each index, undefined where nothing is known
   */
  static of(kinds: ReadonlyMap<string, AttributeKind>, facts: readonly (CatalogueItem | undefined)[]): Attributes {
    const columns = Array.from(kinds, ([name, kind]): AttributeColumn => {
      const values = facts.map(item => valueIn(item, name));
      if (kind === 'text' || kind === 'texts') return { name, kind, ...numbered(values) };
      return {
        name,
        kind,
        values: Float64Array.from(values, value => (value === undefined ? Number.NaN : Number(value))),
      };
    });
    return new Attributes(columns);
  }

  /** The attribute of this name: spelled exactly, else spelled alike but for upper and lower case. */
  column(name: string): AttributeColumn | undefined {
    const exact = this.#columns.get(name);
    if (exact) return exact;
    const folded = name.toLowerCase();
    return this.data.find(column => column.name.toLowerCase() === folded);
  }

  /** The texts that occur in a column, ascending. */
  textsOf(column: TextColumn): PackedStrings {
    return this.#texts.get(column)!;
  }

  /** What an item has of these attributes, by name. */
  valuesOf(item: ItemIndex, columns: readonly AttributeColumn[] = this.data): Record<string, AttributeValue> {
    const values: [string, AttributeValue][] = [];
    for (const column of columns) {
      const value = 'values' in column ? numberAt(column, item) : this.#textAt(column, item);
      if (value !== undefined) values.push([column.name, value]);
    }
    return Object.fromEntries(values);
  }

  #textAt(column: TextColumn, item: number): string | string[] | undefined {
    const { kind, starts, numbers } = column;
    const texts = this.textsOf(column);
    const start = starts[item]!;
    if (starts[item + 1] === start) return undefined;
    if (kind === 'text') return texts.at(numbers[start]!);
    return Array.from(numbers.subarray(start, starts[item + 1]), number => texts.at(number));
  }
}

/**
 * The attributes of items and their kinds, in order of first appearance. Where some items have one text and others a list,
 * all have lists.
 * @throws {ShortlistError} `invalid-option` for an attribute of several kinds, for a number that is not finite, and for
 *   more than 64 attributes
 */
export function attributeKinds(known: readonly CatalogueItem[]): Map<string, AttributeKind> {
  const kinds = new Map<string, AttributeKind>();
  for (const { itemId, attributes } of known) {
    if (attributes === undefined) continue;
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      if (value === undefined || value === null) continue;
      const kind = kindOf(value);
      const earlier = kinds.get(name);
      if (kind !== undefined && (earlier === undefined || earlier === kind)) {
        kinds.set(name, kind);
      } else if (kind !== undefined && earlier?.startsWith('text') && kind.startsWith('text')) {
        kinds.set(name, 'texts');
      } else {
        const expected =
          kind === undefined || earlier === undefined
            ? 'a finite number, true or false, a text, or a list of texts'
            : `${KIND_NAMES[earlier]}, as it is for the items before`;
        throw new ShortlistError(
          'invalid-option',
          `The attribute "${name}" of item "${itemId}" is ${String(value).slice(0, 40)}; expected ${expected}.`,
          { option: 'items' },
        );
      }
    }
  }
  if (kinds.size > MAX_ATTRIBUTES) {
    throw new ShortlistError(
      'invalid-option',
      `Items have ${kinds.size} attributes, expected at most ${MAX_ATTRIBUTES}.`,
    );
  }
  return kinds;
}

/** Checks a column that was read, its texts by `checkPackedStrings` before. @throws RangeError */
export function checkAttribute(column: AttributeColumn): void {
  if ('values' in column) {
    const isBoolean = column.kind === 'boolean';
    column.values.forEach((value, item) => {
      if (Number.isNaN(value) || (isBoolean ? value === 0 || value === 1 : Number.isFinite(value))) return;
      throw new RangeError(`item ${item} has ${value}, expected ${KIND_NAMES[column.kind]}`);
    });
    return;
  }
  const { kind, texts, starts, numbers } = column;
  checkAlphabetical(texts);
  checkStarts(starts, numbers.length);
  checkBelow(numbers, texts.starts.length - 1);
  if (kind === 'texts') return;
  for (let item = 1; item < starts.length; item++) {
    if (starts[item]! - starts[item - 1]! > 1) throw new RangeError(`item ${item - 1} has several texts, expected one`);
  }
}

function kindOf(value: AttributeValue): AttributeKind | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : undefined;
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) && value.every(text => typeof text === 'string') ? 'texts' : undefined;
}

function valueIn(item: CatalogueItem | undefined, name: string): AttributeValue | undefined {
  const { attributes } = item ?? {};
  return attributes !== undefined && Object.hasOwn(attributes, name) ? (attributes[name] ?? undefined) : undefined;
}

function numberAt({ kind, values }: NumberColumn, item: number): number | boolean | undefined {
  const value = values[item]!;
  if (Number.isNaN(value)) return undefined;
  return kind === 'boolean' ? value === 1 : value;
}

/** Texts of each item, each once, as numbers of the distinct ones. */
function numbered(values: readonly (AttributeValue | undefined)[]): Pick<TextColumn, 'texts' | 'starts' | 'numbers'> {
  const places = new Map<string, number>();
  const entries = new GrowingArray(length => new Uint32Array(length));
  const lengths = values.map(value => {
    if (value === undefined) return 0;
    const before = entries.length;
    for (const text of typeof value === 'object' ? new Set(value) : [String(value)]) {
      const place = places.get(text) ?? places.size;
      if (place === places.size) places.set(text, place);
      entries.push(place);
    }
    return entries.length - before;
  });
  const texts = [...places.keys()].sort();
  const numberOf = new Uint32Array(texts.length);
  for (const [number, text] of texts.entries()) numberOf[places.get(text)!] = number;
  const numbers = entries.values().map(place => numberOf[place]!);
  return { texts: PackedStrings.of(texts).data, starts: startsOf(lengths), numbers };
}
