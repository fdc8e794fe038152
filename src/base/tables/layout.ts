import { ShortlistError } from '../../errors.js';
import { columnOf, missingColumnHint, namedColumn, quotedNames, type Role } from './column-names.js';
import { type DuckDbSession, sqlString } from './duckdb.js';
import type { InputFile } from './input-file.js';
import { type Column, jsonColumns, parquetColumns } from './nested-columns.js';
import { headOf } from './text-head.js';
import type { Delimiter } from './text-line.js';

/** What a reader wants from a file. */
export interface WantedColumns<Wanted extends Role> {
  /** Roles in the order in which files without a header hold them. */
  readonly positions: readonly Wanted[];
  /** Roles of columns that only their names tell: files without a header do not have them. */
  readonly byName?: readonly Wanted[];
  readonly required: readonly Wanted[];
  /** Names that the caller gave for roles. */
  readonly named: Readonly<Partial<Record<Wanted, string | undefined>>>;
  /** True where the caller knows that there is no header. */
  readonly headerless?: boolean | undefined;
  /** Names, as in a header, that play a role where no column has one of its usual names. */
  readonly fallbacks?: Readonly<Partial<Record<Wanted, readonly string[]>>> | undefined;
  /** Whether a text of this name and first line is UTF-8 whatever its bytes look like. Default: its bytes are judged. */
  readonly isUtf8?: (name: string, header: string) => boolean;
  /** True to have all columns beside those of the roles, each under its `ColumnKey`. */
  readonly all?: boolean | undefined;
}

/** A column by its position from 0 and its name, such as `2:Vendor`: names alone may occur twice. */
export type ColumnKey = `${number}:${string}`;

/** Position from 0 of each role that a file has, and of all columns where they are wanted. */
export type TableColumns<Wanted extends Role> = Readonly<Partial<Record<Wanted, number>>> &
  Readonly<Record<ColumnKey, number>>;

/** Where in a file the wanted columns are. */
export interface TableLayout<Wanted extends Role> {
  /** Separator of a text's fields; undefined for Parquet and JSON. */
  readonly delimiter?: Delimiter;
  /** Lines before the first row: those of the header, of a `sep=` line, comments and blank ones. */
  readonly start: number;
  /** How many of these are blank. */
  readonly blankStart: number;
  /** Names of the columns; for a file without a header their positions from 1. */
  readonly names: readonly string[];
  /** SQL for a column; of a text only for those that its path names. */
  readonly values: readonly (string | undefined)[];
  /** How many columns the file itself has. */
  readonly width: number;
  readonly columns: TableColumns<Wanted>;
}

/**
 * Finds the columns of a file: by the names in its header, or by position where it has none. It has none when the caller
 * says so, when it is separated by `::` without names that are recognised (MovieLens `.dat`), or when it is separated by
 * tabs or blanks and its first line holds only numbers (MovieLens `u.data`, published splits). What is nested in Parquet
 * or JSON has the names of its levels with dots between them.
 * @param partitions values of columns that the file's path names
 * @throws ShortlistError `missing-column`, `file-unreadable`
 */
export async function layoutOf<Wanted extends Role>(
  file: InputFile,
  partitions: ReadonlyMap<string, string | null>,
  wanted: WantedColumns<Wanted>,
  session: DuckDbSession,
): Promise<TableLayout<Wanted>> {
  const isNamed = Object.values(wanted.named).some(name => name !== undefined);
  const text =
    file.kind === 'text'
      ? headOf(file.head, {
          recognises: names => wanted.positions.some(role => columnOf(role, names) !== -1),
          hasHeader: wanted.headerless ? false : isNamed || undefined,
        })
      : undefined;
  const own: readonly Column[] =
    text?.names.map(name => ({ name })) ??
    (file.kind === 'parquet' ? await parquetColumns(file, session) : await jsonColumns(file, session));
  const ofPath = [...partitions]
    .filter(([name]) => !own.some(column => column.name === name))
    .map(([name, value]) => ({ name, value: value === null ? 'NULL::VARCHAR' : sqlString(value) }));
  const all: readonly Column[] = [...own, ...ofPath];
  const names = all.map(({ name }) => name);
  const columns =
    text?.hasHeader === false ? columnsByPosition(file, own.length, wanted) : columnsByName(file, names, wanted);
  for (const role of wanted.required) {
    const { name, isList } = all[columns[role] ?? -1] ?? {};
    if (!isList) continue;
    throw new ShortlistError(
      'missing-column',
      `${file.name} has lists in its ${role} column "${name}"; expected one id in each row. Write a row for each id of a list.`,
      { file: file.name, role, columns: names },
    );
  }
  return {
    ...(text && { delimiter: text.delimiter }),
    start: text?.start ?? 0,
    blankStart: text?.blankStart ?? 0,
    names,
    values: all.map(({ value }) => value),
    width: own.length,
    columns: wanted.all ? Object.assign(columns, keyed(names)) : columns,
  };
}

function keyed(names: readonly string[]): Record<ColumnKey, number> {
  return Object.fromEntries(names.map((name, position): [ColumnKey, number] => [`${position}:${name}`, position]));
}

function columnsByName<Wanted extends Role>(
  file: InputFile,
  names: readonly string[],
  { positions, byName = [], required, named, fallbacks }: WantedColumns<Wanted>,
): Partial<Record<Wanted, number>> {
  const columns: Partial<Record<Wanted, number>> = {};
  for (const role of [...positions, ...byName]) {
    const name = named[role];
    const usual =
      name === undefined
        ? [columnOf(role, names), ...(fallbacks?.[role] ?? []).map(other => namedColumn(other, names))]
        : [];
    const position = name === undefined ? (usual.find(one => one !== -1) ?? -1) : namedColumn(name, names);
    if (position !== -1) {
      columns[role] = position;
    } else if (name !== undefined || required.includes(role)) {
      const what = name === undefined ? `no ${role} column that is recognised` : `no column "${name}"`;
      throw new ShortlistError(
        'missing-column',
        `${file.name} has ${what}. Its columns are ${quotedNames(names)}.${missingColumnHint(role, names)} Name the right one with \`${role}Column\`` +
          (file.kind === 'text' ? ', or say `headerless` if its first line is data already.' : '.'),
        { file: file.name, role, columns: names },
      );
    }
  }
  return columns;
}

function columnsByPosition<Wanted extends Role>(
  file: InputFile,
  fields: number,
  { positions, required, named }: WantedColumns<Wanted>,
): Partial<Record<Wanted, number>> {
  if (positions.some(role => named[role] !== undefined)) {
    return columnsByNumber(file, fields, { positions, required, named });
  }
  if (fields < required.length) {
    throw new ShortlistError(
      'missing-column',
      `${file.name} has ${fields} column(s) and no header; expected ${positions.join(', ')} in this order, ` +
        `at least the first ${required.length}.`,
      { file: file.name },
    );
  }
  const columns: Partial<Record<Wanted, number>> = {};
  positions.slice(0, fields).forEach((role, position) => {
    columns[role] = position;
  });
  return columns;
}

/** The columns of a file without a header whose positions from 1 the caller gave. */
function columnsByNumber<Wanted extends Role>(
  file: InputFile,
  fields: number,
  { positions, required, named }: Pick<WantedColumns<Wanted>, 'positions' | 'required' | 'named'>,
): Partial<Record<Wanted, number>> {
  const columns: Partial<Record<Wanted, number>> = {};
  for (const role of positions) {
    const given = named[role];
    if (given === undefined && !required.includes(role)) continue;
    const position = given === undefined ? positions.indexOf(role) : /^\d+$/.test(given) ? Number(given) - 1 : -1;
    if (position < 0 || position >= fields) {
      throw new ShortlistError(
        'invalid-option',
        `${file.name} has no header, so that \`${role}Column\` is the position of a column, from 1 to ${fields}; ` +
          `got "${given}".`,
        { option: `${role}Column`, ...(given !== undefined && { value: given }) },
      );
    }
    columns[role] = position;
  }
  return columns;
}
