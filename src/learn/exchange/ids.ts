import { extname } from 'node:path';
import { linesOf } from '../../base/tables/lines.js';
import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { delimiterOf, splitLine } from '../../base/tables/text-line.js';
import { ShortlistError } from '../../errors.js';
import { transposed } from './checks.js';
import type { FactorTable, Side } from './factor-table.js';

const WHOLE = /^\d{1,15}$/;
/** Names of a single column of ids, in the usual spellings. */
const HEADERS = /^"?(id|(user|item|movie|book|product)[ _-]?id)"?$/i;

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
  const isTable = /^\.(csv|tsv)$/i.test(extname(path));
  const ids = new Map<number, string>();
  let width = 1;
  let fieldsOf = (line: string): string[] => [line];
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    if (isTable && line === 1) {
      const delimiter = delimiterOf(text);
      fieldsOf = line => splitLine(line, delimiter);
      const first = fieldsOf(text);
      width = first.length;
      if (width > 2) throw badLine(path, 1, `${width} columns; expected an id, or a number and its id`);
      if (width === 1 ? HEADERS.test(text) : !WHOLE.test(first[0] ?? '')) continue;
    }
    const fields = fieldsOf(text);
    const number = width === 1 ? ids.size : Number(fields[0]);
    const id = fields[width - 1];
    if (id === undefined || fields.length > width || (width === 2 && !WHOLE.test(fields[0] ?? ''))) {
      throw badLine(path, line, width === 1 ? 'expected one id' : 'expected a whole number and its id');
    }
    if (ids.has(number)) {
      throw new ShortlistError('duplicate-ids', `${path}, line ${line}: the number ${number} has an id already.`, {
        file: path,
        line,
      });
    }
    ids.set(number, id);
  }
  if (line === 0) throw new ShortlistError('file-empty', `${path} is empty.`, { file: path });
  return { name: path, ids, isList: width === 1 };
}

/**
 * The external ids of the rows. With a map: that of the row's number or, where the file has ids (Spark's are whole
 * numbers), of the number in its id column. Without one: the id column, or the row's number from 0.
 * @throws ShortlistError `ids-mismatched`, `factors-transposed`, `duplicate-ids`
 */
export function rowIds(table: FactorTable, side: Side, map?: IdFile): string[] {
  const { name, factors, ids } = table;
  if (map?.isList && !ids && map.ids.size !== factors.rows) {
    const counts = `${map.name} has ${map.ids.size} ids, and ${name} has ${factors.rows} rows of ${factors.columns}`;
    if (map.ids.size === factors.columns) throw transposed([table], counts);
    throw new ShortlistError('ids-mismatched', `${counts} factors: expected one id for each row.`, {
      ids: map.ids.size,
      rows: factors.rows,
    });
  }
  const named = Array.from({ length: factors.rows }, (_, row) => {
    const own = ids?.[row] ?? String(row);
    const id = map ? map.ids.get(WHOLE.test(own) ? Number(own) : -1) : own;
    if (id !== undefined) return id;
    throw new ShortlistError(
      'ids-mismatched',
      `${map?.name} has no id for "${own}", row ${row} (counted from 0) of ${name}; ` +
        'expected one id a line, or two columns: number and id.',
      { row, number: own },
    );
  });
  const rowOf = new Map<string, number>();
  named.forEach((id, row) => {
    const other = rowOf.get(id);
    if (other !== undefined) {
      const remedy = map
        ? 'Every id may occur once.'
        : `If the first column is no id, give the ids with \`${side}Ids\`.`;
      throw new ShortlistError(
        'duplicate-ids',
        `The ${side} id "${id}" belongs to rows ${other} and ${row} (counted from 0) of ${name}. ${remedy}`,
        { id, rows: [other, row] },
      );
    }
    if (id === '' || id.length > MAX_ID_LENGTH) {
      throw new ShortlistError(
        'ids-mismatched',
        `The ${side} id of row ${row} (counted from 0) of ${name} has ${id.length} characters; expected 1 to ${MAX_ID_LENGTH}.`,
        { row, length: id.length },
      );
    }
    rowOf.set(id, row);
  });
  return named;
}

function badLine(path: string, line: number, reason: string): ShortlistError {
  return new ShortlistError('bad-rows', `${path}, line ${line}: ${reason}.`, {
    total: 1,
    rows: [{ file: path, line, reason }],
  });
}
