/** `hashOf` the text of the units from `start` to `end` - 1. */
export function hashOfUnits(units: Uint16Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193);
  return hash >>> 0;
}

/** A hash of 32 bits of a text, by its UTF-16 units: FNV-1a. Snapshots hold tables of it. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * A hash of 32 bits of plain data: what is equal as JSON has the same, for less than the JSON would cost. Not for files:
 * another release may hash otherwise.
 */
export function hashOfData(value: unknown, seed = 0x811c9dc5): number {
  if (typeof value === 'string') {
    let hash = mix(seed, value.length);
    for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
    return hash >>> 0;
  }
  if (typeof value === 'number') {
    // JSON knows one zero.
    double[0] = value + 0;
    return mix(mix(seed, words[0]!), words[1]!);
  }
  if (Array.isArray(value)) {
    let hash = mix(seed, ~value.length);
    for (const element of value) hash = hashOfData(element, hash);
    return hash;
  }
  if (typeof value === 'object' && value !== null) {
    let hash = mix(seed, 1);
    for (const key in value) {
      const field = (value as Record<string, unknown>)[key];
      if (field !== undefined) hash = hashOfData(field, hashOfData(key, hash));
    }
    return mix(hash, 2);
  }
  return mix(seed, value === true ? 3 : value === false ? 4 : 5);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x01000193);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
