import type { FileReading } from './file-reading.js';

/**
 * Where a row stands whose `position` is that of the view `usable`: the number of its file times 2^40, plus its line (its
 * record in Parquet and JSON) from 0.
 */
export function placeOf(files: readonly FileReading[], position: number): { file: string; line: number } {
  const index = Math.floor(position / 2 ** 40);
  return { file: files[index]?.file ?? '', line: position - index * 2 ** 40 + 1 };
}
