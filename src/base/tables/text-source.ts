import { sqlPath } from './duckdb.js';
import { MAX_LINE_BYTES } from './input-file.js';

/**
 * A FROM source with the lines of a UTF-8 file as its one column `record`, null for an empty line. Its lines must all end
 * alike: DuckDB loses count where they do not.
 */
export function sqlLines(path: string): string {
  // No text holds this separator, so that a line is one field.
  return `read_csv(${sqlPath(path)}, columns = {record: 'VARCHAR'}, auto_detect = false, header = false,
    delim = '\u0001\u0002\u0003', quote = '', escape = '', strict_mode = false, max_line_size = ${MAX_LINE_BYTES})`;
}
