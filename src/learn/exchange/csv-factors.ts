import { GrowingArray } from '../../base/numeric/growing-array.js';
import { columnOf } from '../../base/tables/column-names.js';
import type { InputFile } from '../../base/tables/input-file.js';
import { linesOf } from '../../base/tables/lines.js';
import { delimiterOf, splitLine } from '../../base/tables/text-line.js';
import { ShortlistError } from '../../errors.js';
import { type FactorTable, newFactors } from './factor-table.js';

/** A decimal number, as against a whole one, which may be an id. */
const DECIMAL = /^[-+]?(\d+\.\d*|\.\d+|\d+(?=e))(e[-+]?\d+)?$/i;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** How NumPy, pandas and others write what is no finite number; `checkValues` reports it. */
const NOT_FINITE = /^[-+]?(nan|inf|infinity)$/i;
/** Usual names of an id column beside those that ratings files use; pandas leaves that of its index empty. */
const ID_NAME = /^(|id|index)$/i;

/**
 * Reads factors from text: one row a line, separated by commas, tabs, semicolons or blanks; an id and then the numbers,
 * or the numbers alone. A header is recognised because it holds no numbers, or because it counts them (0, 1, 2, …).
 * The first column is an id when the header says so, or when it holds no decimal number.
 * @throws ShortlistError `bad-rows`, `missing-column`, `file-empty`, `out-of-memory`
 */
export async function readCsvFactors(file: InputFile): Promise<FactorTable> {
  const firstLine = file.head[0] ?? '';
  const split = splitter(firstLine);
  const header = headerOf(split(firstLine));
  const width = split(firstLine).length;
  if (width < 2) {
    throw new ShortlistError('missing-column', `${file.name} has one column; expected an id and numbers, or numbers.`, {
      file: file.name,
    });
  }
  const first: string[] = [];
  const lines: number[] = [];
  const rest = new GrowingArray(length => new Float32Array(length));
  let line = 0;
  for await (const text of linesOf(file.name, file.path)) {
    line++;
    if ((line === 1 && header) || text === '') continue;
    const fields = split(text);
    if (fields.length !== width) throw badRow(file, line, `it has ${fields.length} columns, the first line ${width}`);
    first.push((fields[0] ?? '').trim());
    lines.push(line);
    for (let f = 1; f < width; f++) rest.push(numberOf(fields[f] ?? '', file, line));
  }
  const hasIds = header?.namesId || !first.some(value => DECIMAL.test(value));
  const columns = hasIds ? width - 1 : width;
  const factors = newFactors(file.name, first.length, columns);
  first.forEach((value, row) => {
    const start = row * factors.stride;
    const others = rest.values().subarray(row * (width - 1), (row + 1) * (width - 1));
    factors.data.set(others, start + columns - others.length);
    if (!hasIds) factors.data[start] = numberOf(value, file, lines[row] ?? 0);
  });
  return { name: file.name, factors, ids: hasIds ? first : null };
}

function splitter(firstLine: string): (line: string) => string[] {
  const delimiter = delimiterOf(firstLine);
  if (splitLine(firstLine, delimiter).length > 1) return line => splitLine(line, delimiter);
  // numpy.savetxt separates by blanks.
  return line => line.trim().split(/\s+/);
}

/** What the first line says when it is a header, or undefined when it is data. */
function headerOf(fields: readonly string[]): { namesId: boolean } | undefined {
  const [first = '', ...others] = fields.map(field => field.trim());
  const counts = (values: readonly string[]) => values.every((value, i) => value === String(i));
  const namesId = ID_NAME.test(first) || columnOf('user', [first]) !== -1 || columnOf('item', [first]) !== -1;
  const isNamed = others.some(field => !NUMBER.test(field) && !NOT_FINITE.test(field));
  if (isNamed || (first === '' && counts(others))) return { namesId };
  return counts([first, ...others]) ? { namesId: false } : undefined;
}

function numberOf(field: string, file: InputFile, line: number): number {
  const text = field.trim();
  if (NUMBER.test(text)) return Number(text);
  if (NOT_FINITE.test(text)) return Number.NaN;
  throw badRow(file, line, `"${text.slice(0, 40)}" is not a number`);
}

function badRow(file: InputFile, line: number, reason: string): ShortlistError {
  return new ShortlistError('bad-rows', `${file.name}, line ${line}: ${reason}. Correct it, or save the file again.`, {
    total: 1,
    rows: [{ file: file.name, line, reason }],
  });
}
