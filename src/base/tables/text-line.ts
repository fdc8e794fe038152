export type Delimiter = '::' | '\t' | ',' | ';' | '|';

/**
 * Separators in the order in which they are tried. The first two hardly occur inside fields; a `|` often does, between
 * categories, so that it separates fields only where nothing else does.
 */
const TRIED: readonly (readonly Delimiter[])[] = [['::'], ['\t'], [',', ';'], ['|']];

/** The separator of a line; a comma where it has none. */
export function delimiterOf(line: string): Delimiter {
  for (const rivals of TRIED) {
    const [best] = rivals
      .map(delimiter => ({ delimiter, fields: splitLine(line, delimiter).length }))
      .filter(({ fields }) => fields > 1)
      .sort((a, b) => b.fields - a.fields);
    if (best !== undefined) return best.delimiter;
  }
  return ',';
}

/** The fields of one line, quotes removed (RFC 4180; `::` files know no quotes). */
export function splitLine(line: string, delimiter: Delimiter): string[] {
  if (!quotable(delimiter) || !line.includes('"')) return line.split(delimiter);
  const fields = (delimiter + line).matchAll(new RegExp(fieldPattern(delimiter), 'g'));
  return Array.from(fields, match => unquote(match[1] ?? ''));
}

/** A field that any CSV reader takes back as it was (RFC 4180). */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Whether fields may stand in double quotes. */
export function quotable(delimiter: Delimiter): boolean {
  return delimiter !== '::';
}

/**
 * A regular expression, for JavaScript and for RE2 alike, whose first group is one field with its quotes. It is meant for
 * a line with the delimiter put before it, so that no match is empty. On a line with a stray or unclosed quote the fields
 * do not add up to the line.
 */
export function fieldPattern(delimiter: Delimiter): string {
  const escaped = delimiter === '|' ? '\\|' : delimiter;
  return `${escaped}("(?:[^"]|"")*"|[^"${escaped}][^${escaped}]*|)`;
}

function unquote(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}
