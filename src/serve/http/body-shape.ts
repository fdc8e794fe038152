import { z } from 'zod';
import type { FieldError } from './replies.js';
import { faultsOf, fieldName, inside, unknownName } from './validation.js';

/** What a schema takes, as far as it can be told from the text of a body. Undefined: anything. */
export type Shape =
  | {
      readonly schema: z.core.$ZodType;
      /** Of an object, by name. None: it may be no object. */
      readonly fields?: ReadonlyMap<string, Shape> | undefined;
      /** Of the entries of a list. None: it may be no list. */
      readonly entry?: { readonly shape: Shape; readonly most: number } | undefined;
      /** Most UTF-16 units of a string; -1: it may be no string. */
      readonly longest: number;
    }
  | undefined;

/** @internal */
export function shapeOf(schema: z.core.$ZodType): Shape {
  const at = inside(schema);
  if (at instanceof z.ZodObject && at._zod.def.catchall instanceof z.ZodNever) {
    const fields = Object.entries<z.core.$ZodType>(at.shape).map(([name, field]) => [name, shapeOf(field)] as const);
    return { schema: at, fields: new Map(fields), longest: -1 };
  }
  if (at instanceof z.ZodArray)
    return { schema: at, entry: { shape: shapeOf(at.element), most: mostOf(at) }, longest: -1 };
  if (at instanceof z.ZodUnion) return shapeOfAny(at, at.options.map(shapeOf));
  if (at instanceof z.ZodString) return { schema: at, longest: at.maxLength ?? Infinity };
  if (at instanceof z.ZodEnum || at instanceof z.ZodStringFormat) return { schema: at, longest: Infinity };
  if (at instanceof z.ZodNumber || at instanceof z.ZodBoolean) return { schema: at, longest: -1 };
  return undefined;
}

function shapeOfAny(schema: z.core.$ZodType, shapes: readonly Shape[]): Shape {
  const known = shapes.filter(shape => shape !== undefined);
  const objects = known.filter(({ fields }) => fields);
  const lists = known.filter(({ entry }) => entry);
  if (known.length < shapes.length || objects.length > 1 || lists.length > 1) return undefined;
  const longest = Math.max(...known.map(shape => shape.longest));
  return { schema, fields: objects[0]?.fields, entry: lists[0]?.entry, longest };
}

function mostOf(list: z.ZodArray): number {
  const sizes = (list._zod.def.checks ?? []).map(({ _zod: { def } }) => def);
  return Math.min(
    Infinity,
    ...sizes.map(size => (size instanceof Object && 'maximum' in size ? Number(size.maximum) : Infinity)),
  );
}

const BLANK = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const LETTER_U = 0x75;
/** Length of an escape such as \u00e9. Where it is none, the parser says so before it matters where the string ends. */
const UNICODE_ESCAPE = 6;

/** Characters that are looked at one by one before what ends them is searched for, which pays only in long runs. */
const SHORT_RUN = 64;
const STRUCTURAL = /["[\]{},]/g;
/** By character, up to the last one that says something: whether it says nothing here. */
const IS_PLAIN = Array.from({ length: CLOSE + 1 }, (_, char) => !'"[]{},'.includes(String.fromCharCode(char)));

/** What the text of a body shows before it is parsed. */
export interface Finding {
  /** A name that one object has twice. */
  readonly repeated?: string;
  /** What is wrong with the shape. */
  readonly error?: FieldError | undefined;
}

/**
 * Looks through the text of a JSON value for names that come twice in one object, and for what its schema has no room for:
 * unknown names, lists and strings that are too long, and objects, lists or strings where none may be. One pass, which takes
 * less time than the parser, and ends at the first finding. What passes costs the parser and the schema no more than the
 * longest request that is right; what is no JSON is left to the parser.
 * @param shape undefined: only names that come twice are looked for
 * @internal
 */
export function findFault(text: string, shape: Shape): Finding | undefined {
  // Of every object and list that is open: its shape, the names so far of an object, and the name or index that is next.
  const shapes: Shape[] = [];
  const seen: (Set<string> | undefined)[] = [];
  const places: (string | number)[] = [];
  let last = -1;
  let next = shape;
  let awaits: 'name' | 'value' | 'comma' = 'value';
  const strings = new Strings(text);
  // Characters since one that says something.
  let plain = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char > CLOSE || IS_PLAIN[char]) {
      if (++plain > SHORT_RUN) at = structuralFrom(text, at) - 1;
      continue;
    }
    plain = 0;
    switch (char) {
      case OPEN:
      case OPEN_LIST: {
        if (awaits !== 'value') return undefined;
        const isList = char === OPEN_LIST;
        if (next && !(isList ? next.entry : next.fields)) return wrong(next, places, isList ? [] : {});
        shapes.push(next);
        seen.push(isList ? undefined : new Set());
        places.push(0);
        last++;
        next = next?.entry?.shape;
        awaits = isList ? 'value' : 'name';
        break;
      }
      case CLOSE:
      case CLOSE_LIST:
        if (last-- < 0) return undefined;
        shapes.pop();
        seen.pop();
        places.pop();
        awaits = 'comma';
        break;
      case COMMA: {
        if (last < 0 || awaits === 'name') return undefined;
        const within = shapes[last];
        awaits = 'name';
        if (seen[last]) break;
        awaits = 'value';
        const index = (places[last] as number) + 1;
        places[last] = index;
        const { most = Infinity, shape: entry } = within?.entry ?? {};
        if (within && index >= most) return wrong(within, places.slice(0, last), new Array(most + 1).fill(null));
        next = entry;
        break;
      }
      case QUOTE: {
        if (awaits === 'comma') return undefined;
        const begin = at + 1;
        at = strings.endOf(begin);
        if (awaits === 'value') {
          awaits = 'comma';
          if (next && at - begin > next.longest) {
            // Where none may be, its beginning tells enough.
            const string =
              next.longest < 0 ? text.slice(begin, Math.min(at, begin + 200)) : unescaped(text.slice(begin, at));
            if (string.length > next.longest) return wrong(next, places, string);
          }
          break;
        }
        const name = unescaped(text.slice(begin, at));
        do at++;
        while (text.charCodeAt(at) <= BLANK);
        if (text.charCodeAt(at) !== COLON) return undefined;
        if (seen[last]?.has(name)) return { repeated: name };
        seen[last]?.add(name);
        places[last] = name;
        const fields = shapes[last]?.fields;
        if (fields && !fields.has(name)) {
          return { error: { in: 'body', field: fieldName(places), message: unknownName([...fields.keys()]) } };
        }
        next = fields?.get(name);
        awaits = 'value';
        break;
      }
    }
  }
  return undefined;
}

/** What the schema itself says of something that it does not take, in the place where it was found. */
function wrong(shape: NonNullable<Shape>, places: readonly (string | number)[], given: unknown): Finding {
  const errors = faultsOf(shape.schema, 'body', given, places);
  return { error: errors.find(({ field }) => field === fieldName(places)) ?? errors[0] };
}

/** Where the next character is, outside of strings, that says something; the end of the text where none is. */
function structuralFrom(text: string, from: number): number {
  STRUCTURAL.lastIndex = from;
  return STRUCTURAL.exec(text)?.index ?? text.length;
}

/** Finds the ends of strings in a text, from front to back. */
class Strings {
  // The next of each that was found by searching: no part of the text is searched twice.
  #quote = -1;
  #backslash = -1;

  constructor(private readonly text: string) {}

  /** Where the quote is that ends a string; the end of the text where none does. */
  endOf(begin: number): number {
    const { text } = this;
    let at = begin;
    let plain = 0;
    while (at < text.length) {
      const char = text.charCodeAt(at);
      if (char === QUOTE) return at;
      if (char === BACKSLASH) {
        at += text.charCodeAt(at + 1) === LETTER_U ? UNICODE_ESCAPE : 2;
        plain = 0;
      } else if (plain++ < SHORT_RUN) at++;
      else {
        if (this.#quote < at) this.#quote = this.#indexOf('"', at);
        if (this.#backslash < at) this.#backslash = this.#indexOf('\\', at);
        if (this.#quote < this.#backslash) return this.#quote;
        at = this.#backslash;
      }
    }
    return text.length;
  }

  #indexOf(char: string, from: number): number {
    const at = this.text.indexOf(char, from);
    return at < 0 ? this.text.length : at;
  }
}

function unescaped(string: string): string {
  if (!string.includes('\\')) return string;
  try {
    return String(JSON.parse(`"${string}"`));
  } catch {
    // The parser is about to say so.
    return string;
  }
}
