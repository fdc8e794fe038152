/** What separates the fields of a line: one or more characters. */
export type Delimiter = string;

/**
 * How fields are quoted: in double quotes with those inside doubled (RFC 4180) or after a backslash, or not at all, so
 * that a quote is a character like others.
 */
export type Quoting = 'doubled' | 'backslash' | 'none';

/**
 * Separators in the order in which they are tried. The first three hardly occur inside fields; a `|` often does, between
 * categories, so that it separates fields only where nothing else does.
 */
const TRIED: readonly (readonly Delimiter[])[] = [['::'], ['\t'], ['\u0001'], [',', ';'], ['|']];

/** Separators that are taken only where several lines agree. */
const RARE: readonly Delimiter[] = ['~', '^', ' '];

/**
 * The separator of a line; a comma where it has none.
 * @param following lines after it, which have as many fields where the separator is the right one
 */
export function delimiterOf(line: string, following: readonly string[] = []): Delimiter {
  const fieldsOf = (text: string, delimiter: Delimiter) => splitLine(text, delimiter).length;
  const agrees = (delimiter: Delimiter) => {
    const fields = fieldsOf(line, delimiter);
    const alike = following.filter(other => fieldsOf(other, delimiter) === fields).length;
    return fields > 1 && alike > 0 && alike >= 0.9 * following.length;
  };
  const usual = TRIED.flatMap(rivals =>
    rivals
      .map(delimiter => ({ delimiter, fields: fieldsOf(line, delimiter) }))
      .filter(({ fields }) => fields > 1)
      .sort((a, b) => b.fields - a.fields)
      .map(({ delimiter }) => delimiter),
  );
  return usual.find(agrees) ?? usual[0] ?? RARE.find(agrees) ?? ',';
}

/** The fields of one line, quotes removed. */
export function splitLine(line: string, delimiter: Delimiter, quoting = quotingOf(delimiter)): string[] {
  if (delimiter === ' ') return line.trim().split(/ +/);
  if (quoting === 'none' || !line.includes('"')) return line.split(delimiter);
  return rawFields(line, delimiter, quoting).map(field => unquoted(field, quoting));
}

/** The fields of one line with their quotes, or undefined where a quote is not closed or text follows the closing one. */
export function wholeFields(line: string, delimiter: Delimiter, quoting: Quoting): string[] | undefined {
  if (quoting === 'none' || !line.includes('"')) return line.split(delimiter);
  const fields = rawFields(line, delimiter, quoting);
  const length = fields.reduce((sum, field) => sum + field.length, (fields.length - 1) * delimiter.length);
  return length === line.length ? fields : undefined;
}

function rawFields(line: string, delimiter: Delimiter, quoting: Quoting): string[] {
  const fields = (delimiter + line).matchAll(new RegExp(fieldPattern(delimiter, quoting), 'g'));
  return Array.from(fields, match => match[1] ?? '');
}

/** A field that any CSV reader takes back as it was (RFC 4180). */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** How files with this separator quote; those that separate by what fields hardly hold do not. */
export function quotingOf(delimiter: Delimiter): Quoting {
  return delimiter.length > 1 || delimiter === '\u0001' || delimiter === ' ' ? 'none' : 'doubled';
}

/**
 * A regular expression, for JavaScript and for RE2 alike, whose first group is one field with its quotes. It is meant for
 * a line with the delimiter put before it, so that no match is empty. On a line with a stray or unclosed quote the fields
 * do not add up to the line.
 */
export function fieldPattern(delimiter: Delimiter, quoting: Quoting = 'doubled'): string {
  const escaped = escapedFor(delimiter);
  return `${escaped}("${insidePattern(quoting)}"|[^"${escaped}][^${escaped}]*|)`;
}

/** Matches a line that stops inside a field in quotes. It is meant for a line with the delimiter put before it. */
export function openPattern(delimiter: Delimiter, quoting: Quoting): RegExp {
  return new RegExp(
    `^(?:${fieldPattern(delimiter, quoting)})*${escapedFor(delimiter)}"${insidePattern(quoting)}$`,
    's',
  );
}

function escapedFor(delimiter: Delimiter): string {
  return /[\^$.|?*+()[\]{}\\-]/.test(delimiter) ? `\\${delimiter}` : delimiter;
}

/** What stands between the quotes of a field. */
function insidePattern(quoting: Quoting): string {
  return quoting === 'backslash' ? '[^"\\\\]*(?:(?:\\\\.|"")[^"\\\\]*)*' : '[^"]*(?:""[^"]*)*';
}

function unquoted(field: string, quoting: Quoting): string {
  if (!field.startsWith('"')) return field;
  const text = field.slice(1, -1).replaceAll('""', '"');
  return quoting === 'backslash' ? text.replace(/\\(.)/g, '$1') : text;
}
