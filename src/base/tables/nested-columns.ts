import { type DuckDBStructType, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { ShortlistError } from '../../errors.js';
import { type DuckDbSession, sqlName, sqlPath } from './duckdb.js';
import { type InputFile, unreadable } from './input-file.js';
import { sqlLines } from './text-source.js';

/** A column of a file. What is nested has the names of its levels with dots between them. */
export interface Column {
  readonly name: string;
  readonly value?: string;
  /** True where a value is a list, or a map. */
  readonly isList?: boolean;
}

/** Columns of a Parquet file, with SQL for each as a text. */
export async function parquetColumns(file: InputFile, session: DuckDbSession): Promise<Column[]> {
  try {
    const result = await session.connection.run(`SELECT * FROM ${sqlParquet(file)} LIMIT 0`);
    const types = result.columnTypes();
    return result.columnNames().flatMap((name, i) => columnsOf(name, sqlName(name), types[i]));
  } catch (error) {
    if (error instanceof ShortlistError) throw error;
    throw unreadable(file.name, 'it begins like Parquet but is damaged', error);
  }
}

/** A FROM source with the rows of a Parquet file. */
export function sqlParquet(file: InputFile): string {
  return `read_parquet(${sqlPath(file.path)}, binary_as_string = true, hive_partitioning = false)`;
}

/** The rows of a Parquet file by its metadata. */
export function parquetRows(session: DuckDbSession, file: InputFile): Promise<number> {
  return session.number(`SELECT sum(num_rows) FROM parquet_file_metadata(${sqlPath(file.path)})`);
}

function columnsOf(name: string, column: string, type: DuckDBType | undefined): Column[] {
  switch (type?.typeId) {
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType;
      return entryNames.flatMap((entry, i) =>
        columnsOf(`${name}.${entry}`, `${column}.${sqlName(entry)}`, entryTypes[i]),
      );
    }
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
    case DuckDBTypeId.MAP:
      // So that a list can be told from a text that looks like one.
      return [{ name, value: `to_json(${column})::VARCHAR`, isList: true }];
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.FLOAT:
      return [{ name, value: wholeNumber(column, `abs(${column}) < 1e18 AND`, 'BIGINT') }];
    case DuckDBTypeId.DECIMAL:
      return [{ name, value: wholeNumber(column, '', 'HUGEINT') }];
    default:
      return [{ name, value: `CAST(${column} AS VARCHAR)` }];
  }
}

/** A whole number without a fraction or an exponent: programs such as pandas make ids with missing values floating. */
function wholeNumber(column: string, condition: string, type: string): string {
  return `CASE WHEN ${condition} ${column} = trunc(${column}) THEN CAST(CAST(${column} AS ${type}) AS VARCHAR)
    ELSE CAST(${column} AS VARCHAR) END`;
}

/** Columns of a file of JSON objects, of whatever record, with a JSON pointer to each. */
export async function jsonColumns(file: InputFile, session: DuckDbSession): Promise<Column[]> {
  const [structure] = await session.texts(`SELECT json_group_structure(
      CASE WHEN json_valid(record) THEN CASE WHEN json_type(record) = 'OBJECT' THEN record::JSON END END)
    FROM ${sqlLines(file.path)}`);
  const columns = structure === undefined ? [] : keysOf(JSON.parse(structure), '', '');
  if (columns.length === 0) {
    throw unreadable(file.name, 'it holds no JSON objects; expected one for each row, with the names of the columns');
  }
  return columns;
}

/** @param structure what `json_structure` gives: objects of names, lists, and names of types */
function keysOf(structure: unknown, name: string, pointer: string): Column[] {
  if (typeof structure !== 'object' || structure === null || Array.isArray(structure)) {
    return name === '' ? [] : [{ name: name.slice(1), value: pointer, isList: Array.isArray(structure) }];
  }
  return Object.entries(structure).flatMap(([key, inner]) =>
    keysOf(inner, `${name}.${key}`, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}
