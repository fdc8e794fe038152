import { PackedStrings, type PackedStringsData } from '../../base/numeric/packed-strings.js';
import { firstAbove } from '../../base/numeric/sorting.js';
import { allSteps, type Steps } from '../../base/threads/steps.js';

/** Letters that Unicode does not decompose, as they are typed without a keyboard that has them. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
  '’': "'",
  '‘': "'",
};
const SPELLED_LETTERS = new RegExp(`[${Object.keys(SPELLED).join('')}]`, 'g');
/** The accents of Latin, Greek and Cyrillic letters. The vowel signs of other scripts are no accents. */
const ACCENTS = /[\u0300-\u036f]/g;

/**
 * A text as it is compared: without case, accents and the form in which Unicode writes them (NFKD without the combining
 * diacritical marks, as ICU and Lucene fold), ß and its like spelled out. Folding twice is folding once.
 */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  // Most texts have nothing that could change.
  if (isAscii(lower)) return lower;
  return lower
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(SPELLED_LETTERS, letter => SPELLED[letter]!);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** Folded texts of strings that may be folded already, or, as in older snapshots, only be in lower case. */
export function foldedTexts(data: PackedStringsData): PackedStringsData {
  /** By unit: 1 where folding leaves it, 2 where not, 0 where nobody has looked yet. */
  const known = new Uint8Array(65_536);
  const changes = (unit: number): boolean => {
    const char = String.fromCharCode(unit);
    known[unit] = folded(char) === char ? 1 : 2;
    return known[unit] === 2;
  };
  const isFolded = data.units.every(unit => unit < 128 || known[unit] === 1 || !changes(unit));
  return isFolded ? data : PackedStrings.of(new PackedStrings(data).all().map(folded)).data;
}

/** Shortest query in which a typo is forgiven: in one of three letters nearly every word would be found. */
const LEAST_TYPO_LENGTH = 4;
/** Longest part of a query that is compared with a typo: a bit of a word for each letter. */
const MOST_TYPO_LENGTH = 30;
/** UTF-16 units in which typos are looked for, from the first text on: some 10 ms, the titles of 60,000 films. */
const MOST_TYPO_UNITS = 2_000_000;
/** UTF-16 units that one step of a search reads, some 0.2 ms: for a text as it is, and with a typo. */
const STEP_UNITS = 250_000;
const TYPO_STEP_UNITS = 30_000;
/** Texts that one step finds at most. */
const STEP_FOUND = 1000;

/**
 * Finds texts by a part of them: one pass over the text of all of them, some gigabytes a second. Of a million that takes
 * 20 ms and more, so that who has other things to do can search in steps.
 */
export class TextSearch {
  readonly #texts: PackedStrings;

  /** @param data folded texts, in the order in which they are to be found */
  constructor(readonly data: PackedStringsData) {
    this.#texts = new PackedStrings(data);
  }

  /**
   * Places of the first `limit` texts from place `from` on that contain `text`, both folded. Where no text at all does,
   * those that have a word which begins like it but for one typo: a letter too many, too few, or wrong, or two swapped.
   * @param fulfils whether a place may be found. Default: all may.
   */
  find(text: string, limit: number, from = 0, fulfils?: (place: number) => boolean): number[] {
    return allSteps(this.inSteps(text, limit, from, fulfils));
  }

  /** What `find` gives, with a `yield` about every 0.2 ms. */
  *inSteps(text: string, limit: number, start = 0, fulfils: (place: number) => boolean = () => true): Steps<number[]> {
    const from = Math.min(start, this.#texts.length);
    const wanted = folded(text).trim();
    const found: number[] = [];
    let isThere = false;
    for (const places of this.#containing(wanted, from, this.#texts.length)) {
      isThere ||= places.length > 0;
      for (const place of places) if (fulfils(place) && found.push(place) === limit) return found;
      yield;
    }
    if (isThere || wanted.length < LEAST_TYPO_LENGTH) return found;
    for (const places of this.#containing(wanted, 0, from)) {
      if (places.length > 0) return found;
      yield;
    }
    return yield* this.#withTypo(wanted, limit, from, fulfils);
  }

  /** The texts from place `from` to before `to` that contain a folded one, a part of them at a time. */
  *#containing(wanted: string, from: number, to: number): Generator<number[]> {
    const { starts } = this.data;
    for (let at = from; at < to; ) {
      const end = Math.min(to, firstAbove(starts, starts[at]! + STEP_UNITS, at + 1));
      const places = this.#texts.indicesContaining(wanted, at, end, STEP_FOUND);
      at = places.length === STEP_FOUND ? places.at(-1)! + 1 : end;
      yield places;
    }
  }

  /**
   * Wu and Manber, "Fast Text Searching Allowing Errors", CACM 1992, for one error: bit i of a word says whether the text
   * up to here ends in the first i + 1 letters of the pattern, in `exact` as they are, in `close` with one typo at most.
   */
  *#withTypo(wanted: string, limit: number, from: number, fulfils: (place: number) => boolean): Steps<number[]> {
    const pattern = wanted.slice(0, MOST_TYPO_LENGTH);
    const whole = 1 << (pattern.length - 1);
    /** By unit: the places in the pattern that have it. */
    const places = new Int32Array(65_536);
    for (let i = 0; i < pattern.length; i++) places[pattern.charCodeAt(i)]! |= 1 << i;
    const { units, starts } = this.data;
    const found: number[] = [];
    let stepEnd = starts[from]! + TYPO_STEP_UNITS;
    for (let text = from; text < this.#texts.length && starts[text]! < MOST_TYPO_UNITS; text++) {
      const end = starts[text + 1]!;
      if (end > stepEnd) {
        stepEnd = end + TYPO_STEP_UNITS;
        yield;
      }
      let exact = 0;
      let exactBefore = 0;
      let close = 0;
      let placesBefore = 0;
      // 1 where a word begins, and so a match may.
      let start = 1;
      let startBefore = 0;
      for (let at = starts[text]!; at < end; at++) {
        const unit = units[at]!;
        const here = places[unit]!;
        const exactNow = ((exact << 1) | start) & here;
        const onAfterTypo = (((close | start) << 1) | start) & here;
        const swapped = ((exactBefore << 2) | (startBefore << 1)) & (here << 1) & placesBefore;
        const tooMany = exact;
        const wrong = (exact << 1) | start;
        const tooFew = exactNow << 1;
        close = onAfterTypo | swapped | tooMany | wrong | tooFew;
        exactBefore = exact;
        exact = exactNow;
        placesBefore = here;
        startBefore = start;
        start = isOfWord(unit) ? 0 : 1;
        if ((close & whole) !== 0) {
          if (fulfils(text)) found.push(text);
          break;
        }
        // Nothing goes on from here: to the end of the word.
        if (close === 0) while (start === 0 && ++at < end) start = isOfWord(units[at]!) ? 0 : 1;
      }
      if (found.length === limit) break;
    }
    return found;
  }
}

/** Whether a unit is part of a word: a letter or digit, or any beyond ASCII. */
function isOfWord(unit: number): boolean {
  return unit > 127 || (unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 122);
}
