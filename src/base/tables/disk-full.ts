import { messageOf, ShortlistError } from '../../errors.js';
import { freeBytes } from '../files/free-space.js';

/**
 * The error for a disk that is full, or undefined where something else went wrong. Of DuckDB's errors those
 * about its spill files are meant.
 * @param directory where room was needed
 * @param purpose what for, such as `unpack ratings.csv.gz`
 * @param bytes how much is needed in all, where that is known
 */
export async function diskFull(
  thrown: unknown,
  directory: string,
  purpose: string,
  bytes?: number,
): Promise<ShortlistError<'disk-full'> | undefined> {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  const full =
    code === 'ENOSPC' || code === 'EDQUOT' || /no space left|max_temp_directory_size/i.test(messageOf(thrown));
  if (!full) return undefined;
  const free = await freeBytes(directory);
  const needed = bytes === undefined ? '' : `; about ${megabytes(bytes)} MB are needed`;
  const left = free === undefined ? '' : ` (${megabytes(free)} MB are free${needed})`;
  return new ShortlistError(
    'disk-full',
    `The disk is full: there is no room in ${directory} to ${purpose}${left}. ` +
      'Make room, or set the environment variable TMPDIR to a directory that has it.',
    { directory, ...(bytes === undefined ? {} : { bytes }) },
    { cause: thrown },
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
