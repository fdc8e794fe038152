/** A hash of 32 bits of a text, by its UTF-16 units: FNV-1a. Snapshots hold tables of it. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
