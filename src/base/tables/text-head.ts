import { columnOf, type Role } from './column-names.js';
import type { WantedColumns } from './layout.js';
import { type Delimiter, delimiterOf, openPattern, quotingOf, splitLine } from './text-line.js';

/** A spreadsheet's note on the separator, which stands before the header. */
const SEPARATOR_NOTE = /^"?sep=(.|\\t)"?$/i;

/** What stands before the first row of a text. */
export interface TextHead {
  readonly delimiter: Delimiter;
  /** Lines before the first row. */
  readonly start: number;
  /** How many of these are blank. */
  readonly blankStart: number;
  readonly hasHeader: boolean;
  /** Of the columns, without blanks around them; their positions from 1 where there is no header. */
  readonly names: readonly string[];
}

/** Finds separator and header in the first lines of a text. */
export function headOf<Wanted extends Role>(head: readonly string[], wanted: WantedColumns<Wanted>): TextHead {
  let start = 0;
  let blankStart = 0;
  const skipBlank = () => {
    for (; start < head.length && head[start]?.trim() === ''; start++) blankStart++;
  };
  skipBlank();
  const noted = SEPARATOR_NOTE.exec(head[start] ?? '')?.[1]?.replace('\\t', '\t');
  if (noted !== undefined) start++;
  skipBlank();
  const plain = head.slice(start).findIndex(line => line !== '' && !/^[#%]/.test(line));
  const body = head.slice(start + Math.max(0, plain)).filter(line => line !== '');
  const delimiter = noted ?? delimiterOf(body[0] ?? '', body.slice(1, 50));
  const fieldsOf = (line: string) => splitLine(line, delimiter).map(field => field.trim());
  const isHeader = (fields: readonly string[]) => wanted.positions.some(role => columnOf(role, fields) !== -1);
  if (plain > 0) {
    const fields = fieldsOf(body[0] ?? '').length;
    const isComment = (line: string) =>
      line === '' || (!isHeader(fieldsOf(line)) && (/^[#%]\s/.test(line) || fieldsOf(line).length !== fields));
    for (const end = start + plain; start < end && isComment(head[start] ?? ''); start++) {
      if (head[start] === '') blankStart++;
    }
  }

  // The header itself may have line breaks in quotes.
  let first = head[start] ?? '';
  let end = start + 1;
  const isOpen = openPattern(delimiter, quotingOf(delimiter));
  const opens = (line: string) => quotingOf(delimiter) !== 'none' && isOpen.test(delimiter + line);
  if (wanted.headerless !== true && opens(first)) {
    const close = head.findIndex((_, at) => at > start && !opens(head.slice(start, at + 1).join('\n')));
    if (close !== -1 && isHeader(fieldsOf(head.slice(start, close + 1).join('\n')))) {
      first = head.slice(start, close + 1).join('\n');
      end = close + 1;
    }
  }
  const fields = fieldsOf(first);
  if (wanted.headerless || looksLikeData(fields, delimiter, wanted)) {
    return { delimiter, start, blankStart, hasHeader: false, names: fields.map((_, position) => String(position + 1)) };
  }
  return { delimiter, start: end, blankStart, hasHeader: true, names: fields };
}

function looksLikeData<Wanted extends Role>(
  fields: readonly string[],
  delimiter: Delimiter,
  { positions, named }: WantedColumns<Wanted>,
): boolean {
  if (Object.values(named).some(name => name !== undefined)) return false;
  if (positions.some(role => columnOf(role, fields) !== -1)) return false;
  if (delimiter === '::') return true;
  return ['\t', ' ', '\u0001'].includes(delimiter) && fields.every(field => /^-?\d+(\.\d+)?$/.test(field));
}
