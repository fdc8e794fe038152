import { ShortlistError } from '../../errors.js';
import { columnOf, namedColumn, quotedNames, type Role } from './column-names.js';
import { type DuckDbSession, sqlPath } from './duckdb.js';
import { type InputFile, unreadable } from './input-file.js';
import { type Delimiter, delimiterOf, splitLine } from './text-line.js';

/** What a reader wants from a file. */
export interface WantedColumns<Wanted extends Role> {
  /** Roles in the order in which files without a header hold them. */
  readonly positions: readonly Wanted[];
  readonly required: readonly Wanted[];
  /** Names that the caller gave for roles. */
  readonly named: Readonly<Partial<Record<Wanted, string | undefined>>>;
  /** True where the caller knows that there is no header. */
  readonly headerless?: boolean | undefined;
}

/** Where in a file the wanted columns are. */
export interface TableLayout<Wanted extends Role> {
  /** Undefined for Parquet. */
  readonly delimiter: Delimiter | undefined;
  readonly hasHeader: boolean;
  /** Names of the columns; for a file without a header their positions from 1. */
  readonly names: readonly string[];
  /** Position from 0 of each role that the file has. */
  readonly columns: Readonly<Partial<Record<Wanted, number>>>;
}

/**
 * Finds the columns of a file: by the names in its header, or by position where it has none. It has none when the caller
 * says so, when it is separated by `::` without names that are recognised (MovieLens `.dat`), or when it is separated by
 * tabs and its first line holds only numbers (MovieLens `u.data`, published splits).
 * @throws ShortlistError `missing-column`
 */
export async function layoutOf<Wanted extends Role>(
  file: InputFile,
  wanted: WantedColumns<Wanted>,
  session: DuckDbSession,
): Promise<TableLayout<Wanted>> {
  if (file.kind === 'parquet') {
    try {
      const rows = await session.rows(`DESCRIBE SELECT * FROM read_parquet(${sqlPath(file.path)})`);
      const names = rows.map(row => String(row[0]));
      return { delimiter: undefined, hasHeader: true, names, columns: columnsByName(file, names, wanted) };
    } catch (error) {
      if (error instanceof ShortlistError) throw error;
      throw unreadable(file.name, 'it begins like Parquet but is damaged', error);
    }
  }
  const delimiter = delimiterOf(file.firstLine);
  const fields = splitLine(file.firstLine, delimiter);
  if (!(wanted.headerless || looksLikeData(fields, delimiter, wanted))) {
    return { delimiter, hasHeader: true, names: fields, columns: columnsByName(file, fields, wanted) };
  }
  return {
    delimiter,
    hasHeader: false,
    names: fields.map((_, position) => String(position + 1)),
    columns: columnsByPosition(file, fields, wanted),
  };
}

function looksLikeData<Wanted extends Role>(
  fields: readonly string[],
  delimiter: Delimiter,
  { positions, named }: WantedColumns<Wanted>,
): boolean {
  if (Object.values(named).some(name => name !== undefined)) return false;
  if (positions.some(role => columnOf(role, fields) !== -1)) return false;
  return delimiter === '::' || (delimiter === '\t' && fields.every(field => /^\s*-?\d+(\.\d+)?\s*$/.test(field)));
}

function columnsByName<Wanted extends Role>(
  file: InputFile,
  names: readonly string[],
  { positions, required, named }: WantedColumns<Wanted>,
): Partial<Record<Wanted, number>> {
  const columns: Partial<Record<Wanted, number>> = {};
  for (const role of positions) {
    const name = named[role];
    const position = name === undefined ? columnOf(role, names) : namedColumn(name, names);
    if (position !== -1) {
      columns[role] = position;
    } else if (name !== undefined || required.includes(role)) {
      const what = name === undefined ? `no ${role} column that is recognised` : `no column "${name}"`;
      throw new ShortlistError(
        'missing-column',
        `${file.name} has ${what}. Its columns are ${quotedNames(names)}. Name the right one with \`${role}Column\`` +
          (file.kind === 'text' ? ', or say `headerless` if its first line is data already.' : '.'),
        { file: file.name, role, columns: names },
      );
    }
  }
  return columns;
}

function columnsByPosition<Wanted extends Role>(
  file: InputFile,
  fields: readonly string[],
  { positions, required, named }: WantedColumns<Wanted>,
): Partial<Record<Wanted, number>> {
  if (Object.values(named).some(name => name !== undefined)) {
    throw new ShortlistError('invalid-option', `Columns cannot be named in a file without a header (${file.name}).`);
  }
  if (fields.length < required.length) {
    throw new ShortlistError(
      'missing-column',
      `${file.name} has ${fields.length} column(s) and no header; expected ${positions.join(', ')} in this order, ` +
        `at least the first ${required.length}.`,
      { file: file.name },
    );
  }
  const columns: Partial<Record<Wanted, number>> = {};
  positions.slice(0, fields.length).forEach((role, position) => {
    columns[role] = position;
  });
  return columns;
}
