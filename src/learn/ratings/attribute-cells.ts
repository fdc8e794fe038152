import type { AttributeValue } from './ratings-table.js';
import { textsIn } from './text-lists.js';

/** What programs write for a value that is missing, in lower case. */
const MISSING = new Set(['', 'null', '\\n', 'nan', '<na>']);

/** Spellings of yes and no, in lower case. */
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  t: true,
  f: false,
  y: true,
  n: false,
};

/** Numbers as 1234.5 and 1,234.5, and as 1234,5 and 1.234,5: a column is of one of the two. */
const NUMBER_FORMS = [
  { form: /^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?(e[+-]?\d+)?$/i, thousands: /,/g, decimal: '.' },
  { form: /^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$/, thousands: /\./g, decimal: ',' },
];

/** A sign or code of a currency, or per cent, before or after a number. */
const UNIT = String.raw`\p{Sc}|[A-Z]{3}(?=\s)|(?<=\s)[A-Z]{3}|%`;
const WITH_UNIT = new RegExp(`^(${UNIT})?\\s?([+-]?[\\d.,]+)\\s?(${UNIT})?$`, 'u');

/** The values of one attribute. */
export interface AttributeCells {
  /** Of one kind; undefined where there is none. */
  readonly values: readonly (AttributeValue | undefined)[];
  /** What all the numbers of the column stand beside, such as `EUR`. */
  readonly unit?: string;
}

/**
 * What a column of text holds, judged by all of its cells: booleans where every cell is one, else numbers, which may have
 * one and the same currency or per cent sign, else lists (see `textsIn`), else texts. Codes such as `007`, and whole numbers
 * that a float64 cannot hold, are texts.
 */
export function attributeOf(cells: readonly (string | null)[]): AttributeCells {
  const texts = cells.map(cell => {
    const text = cell?.trim();
    return text === undefined || MISSING.has(text.toLowerCase()) ? undefined : text;
  });
  const present = [...new Set(texts)].filter(text => text !== undefined);
  const known =
    mapped(present, text => BOOLEANS[text.toLowerCase()]) ??
    numbersOf(present) ??
    mapped(present, text => textsIn(text));
  if (known) return { values: texts.map(text => (text === undefined ? undefined : known.get(text))) };
  const unit = unitOf(present);
  const numberOf = unit && numbersOf(present, text => WITH_UNIT.exec(text)![2]!);
  if (!numberOf) return { values: texts };
  return { values: texts.map(text => (text === undefined ? undefined : numberOf.get(text))), unit };
}

/** The value of each text, or undefined when one has none. */
function mapped<Value>(
  texts: readonly string[],
  read: (text: string) => Value | undefined,
): ReadonlyMap<string, Value> | undefined {
  const values = new Map<string, Value>();
  for (const text of texts) {
    const value = read(text);
    if (value === undefined) return undefined;
    values.set(text, value);
  }
  return values;
}

function numbersOf(
  texts: readonly string[],
  digitsOf = (text: string) => text,
): ReadonlyMap<string, number> | undefined {
  for (const { form, thousands, decimal } of NUMBER_FORMS) {
    const values = mapped(texts, text => {
      const digits = digitsOf(text);
      if (!form.test(digits) || !/\d/.test(digits) || /^[+-]?0\d/.test(digits)) return undefined;
      const value = Number(digits.replace(thousands, '').replace(decimal, '.'));
      return Number.isFinite(value) && !(Number.isInteger(value) && !Number.isSafeInteger(value)) ? value : undefined;
    });
    if (values) return values;
  }
  return undefined;
}

/** The unit that every text has, on the same side of a number. */
function unitOf(texts: readonly string[]): string | undefined {
  let unit: string | undefined;
  for (const text of texts) {
    const [, before = '', , after = ''] = WITH_UNIT.exec(text) ?? [];
    if (before + after === '' || (before !== '' && after !== '')) return undefined;
    if (unit !== undefined && unit !== before + after) return undefined;
    unit = before + after;
  }
  return unit;
}
