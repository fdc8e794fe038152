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

/** What a reader knows of its headers. */
export interface HeaderRules {
  /** Whether there is one of its columns among names. */
  readonly recognises: (names: readonly string[]) => boolean;
  /** Whether the caller says that there is a header, by naming columns, or that there is none; undefined: neither. */
  readonly hasHeader: boolean | undefined;
}

/** Finds separator and header in the first lines of a text. */
export function headOf(head: readonly string[], { recognises, hasHeader }: HeaderRules): TextHead {
  const isBlank = (line: string | undefined) => line?.trim() === '';
  const textFrom = (line: number) =>
    line +
    Math.max(
      0,
      head.slice(line).findIndex(text => !isBlank(text)),
    );
  let start = textFrom(0);
  const noted = SEPARATOR_NOTE.exec(head[start] ?? '')?.[1]?.replace('\\t', '\t');
  if (noted !== undefined) start = textFrom(start + 1);

  const uncommented = head.findIndex((line, at) => at >= start && !isBlank(line) && !/^[#%]/.test(line));
  const [body = '', ...following] = head.slice(Math.max(start, uncommented)).filter(line => line !== '');
  const delimiter = noted ?? delimiterOf(body, following.slice(0, 50));
  const namesIn = (line: string) => splitLine(line, delimiter).map(field => field.trim());
  const isComment = (line: string) =>
    isBlank(line) ||
    (!recognises(namesIn(line)) && (/^[#%]\s/.test(line) || namesIn(line).length !== namesIn(body).length));
  while (start < uncommented && isComment(head[start] ?? '')) start++;

  const lines = hasHeader === false ? 1 : headerLines(head.slice(start), delimiter);
  const header = namesIn(head.slice(start, start + lines).join('\n'));
  const first = lines === 1 || recognises(header) ? header : namesIn(head[start] ?? '');
  const isHeader = hasHeader ?? (recognises(first) || !looksLikeData(first, delimiter));
  if (isHeader) start += first === header ? lines : 1;
  const names = isHeader ? first : first.map((_, position) => String(position + 1));
  return { delimiter, start, blankStart: head.slice(0, start).filter(isBlank).length, hasHeader: isHeader, names };
}

/** How many lines the first record takes: its names may have line breaks in quotes. */
function headerLines(head: readonly string[], delimiter: Delimiter): number {
  const quoting = quotingOf(delimiter);
  if (quoting === 'none') return 1;
  const open = openPattern(delimiter, quoting);
  let record = '';
  for (const [at, line] of head.entries()) {
    record += `${at === 0 ? delimiter : '\n'}${line}`;
    if (!open.test(record)) return at + 1;
  }
  return 1;
}

/** MovieLens `.dat` and `u.data`, published splits, tables of Hive. */
function looksLikeData(fields: readonly string[], delimiter: Delimiter): boolean {
  if (delimiter === '::') return true;
  return ['\t', ' ', '\u0001'].includes(delimiter) && fields.every(field => /^-?\d+(\.\d+)?$/.test(field));
}
