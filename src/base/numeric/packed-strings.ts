import { firstAbove, startsOf } from './sorting.js';
import { checkStarts } from './table-checks.js';

/** The memory of `PackedStrings`: two plain arrays that another thread can be given as they are. */
export interface PackedStringsData {
  /** The UTF-16 units of all strings, one string after the other. */
  readonly units: Uint16Array;
  /** String i is the units starts[i] … starts[i+1]-1. */
  readonly starts: Uint32Array;
}

/** Checks strings that were read. @throws RangeError */
export function checkPackedStrings({ units, starts }: PackedStringsData): void {
  checkStarts(starts, units.length);
}

/** Checks that strings, which `checkPackedStrings` has checked, ascend by UTF-16 units, each once. @throws RangeError */
export function checkAlphabetical({ units, starts }: PackedStringsData): void {
  for (let i = 1; i < starts.length - 1; i++) {
    const length = Math.min(starts[i]! - starts[i - 1]!, starts[i + 1]! - starts[i]!);
    let same = 0;
    while (same < length && units[starts[i - 1]! + same] === units[starts[i]! + same]) same++;
    const isAfter =
      same < length
        ? units[starts[i - 1]! + same]! < units[starts[i]! + same]!
        : starts[i]! - starts[i - 1]! < starts[i + 1]! - starts[i]!;
    if (!isAfter) throw new RangeError(`text ${i} does not come after text ${i - 1}`);
  }
}

/**
 * A list of strings in two arrays: a million of them can go to another thread without a copy, and cost the garbage
 * collector nothing. Any strings, halves of surrogate pairs included. Immutable.
 */
export class PackedStrings {
  readonly #bytes: Buffer;

  constructor(readonly data: PackedStringsData) {
    const { buffer, byteOffset, byteLength } = data.units;
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
  }

  static of(strings: readonly string[]): PackedStrings {
    const starts = startsOf(strings.map(text => text.length));
    const packed = new PackedStrings({ units: new Uint16Array(starts[strings.length]!), starts });
    strings.forEach((text, i) => {
      packed.#bytes.write(text, starts[i]! * 2, 'utf16le');
    });
    return packed;
  }

  get length(): number {
    return this.data.starts.length - 1;
  }

  /** @param index 0 … length-1 */
  at(index: number): string {
    const { starts } = this.data;
    return this.#bytes.toString('utf16le', starts[index]! * 2, starts[index + 1]! * 2);
  }

  all(): string[] {
    return Array.from({ length: this.length }, (_, index) => this.at(index));
  }

  /** Bisection, where the strings ascend by UTF-16 units: the first that is at least `wanted`, or their number. */
  firstAtLeast(wanted: string): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the string at an index is this one, without making it. */
  is(index: number, text: string): boolean {
    const { units, starts } = this.data;
    const start = starts[index]!;
    if (starts[index + 1]! - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (units[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** The first `most` strings that contain `text`, of those from index `from` to before `to`. */
  indicesContaining(text: string, from = 0, to = this.length, most = Number.POSITIVE_INFINITY): number[] {
    const { starts } = this.data;
    const found: number[] = [];
    if (text === '') {
      for (let index = from; index < to && found.length < most; index++) found.push(index);
      return found;
    }
    const bytes = this.#bytes.subarray(0, starts[to]! * 2);
    let index = from;
    for (let at = starts[from]!; index < to && found.length < most; ) {
      at = bytes.indexOf(text, at * 2, 'utf16le') / 2;
      if (at < 0) break;
      // The string that holds unit `at`.
      index = firstAbove(starts, at, index + 1) - 1;
      // What begins in one string must end in it.
      if (at + text.length > starts[index + 1]!) at++;
      else {
        found.push(index++);
        at = starts[index]!;
      }
    }
    return found;
  }
}
