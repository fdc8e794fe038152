import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { unreadable } from '../../base/tables/input-file.js';
import { delimiterOf, splitLine } from '../../base/tables/text-line.js';
import { messageOf, ShortlistError } from '../../errors.js';

/** External ids of the numbers that a training library works with. */
export interface IdFile {
  readonly name: string;
  /** The id of number n, or undefined when the file does not name it. */
  readonly ids: ReadonlyMap<number, string>;
  /** True when the file lists an id for each number from 0 on, false when it names the numbers. */
  readonly isList: boolean;
}

/**
 * Reads a map of ids. A text file has one id a line, taken as it is: line n, counted from 0, is the id of number n. A file
 * ending in .csv or .tsv may have quotes, and may have two columns, the number and the id; its first line is a header
 * when it names the column.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `bad-rows`, `duplicate-ids`
 */
export async function readIdFile(path: string): Promise<IdFile> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw unreadable(path, `${messageOf(cause)}; expected UTF-8 text with one id a line`, cause);
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new ShortlistError('file-empty', `${path} is empty.`, { file: path });
  if (!/^\.(csv|tsv)$/i.test(extname(path))) return { name: path, ids: new Map(lines.entries()), isList: true };

  const delimiter = delimiterOf(lines[0] ?? '');
  const records = lines.map(line => splitLine(line, delimiter));
  const width = records[0]?.length ?? 0;
  if (width > 2) throw badLine(path, 1, `${width} columns; expected an id, or a number and its id`);
  const headed = width === 1 ? HEADERS.test(lines[0] ?? '') : !WHOLE.test(records[0]?.[0] ?? '');
  const ids = new Map<number, string>();
  for (let i = headed ? 1 : 0; i < records.length; i++) {
    const record = records[i] ?? [];
    const number = width === 1 ? ids.size : Number(record[0]);
    const id = record[width - 1];
    if (id === undefined || record.length > width || (width === 2 && !WHOLE.test(record[0] ?? ''))) {
      throw badLine(path, i + 1, width === 1 ? 'expected one id' : 'expected a whole number and its id');
    }
    if (ids.has(number)) {
      throw new ShortlistError('duplicate-ids', `${path}, line ${i + 1}: the number ${number} has an id already.`, {
        file: path,
        line: i + 1,
      });
    }
    ids.set(number, id);
  }
  return { name: path, ids, isList: width === 1 };
}

const WHOLE = /^\d{1,15}$/;
/** Names of a single column of ids, in the usual spellings. */
const HEADERS = /^"?(id|(user|item|movie|book|product)[ _-]?id)"?$/i;

function badLine(path: string, line: number, reason: string): ShortlistError {
  return new ShortlistError('bad-rows', `${path}, line ${line}: ${reason}.`, { file: path, line, reason });
}
