import { linesOf } from './lines.js';
import { type Delimiter, openPattern, type Quoting, wholeFields } from './text-line.js';

/** How the quotes of a text are to be read. */
export interface QuoteSurvey {
  readonly quoting: Quoting;
  /** First and last line, from 0, of each record that spans several. */
  readonly spans: readonly (readonly [first: number, last: number])[];
}

/** Stand for a line break inside a record, and for a line that belongs to an earlier one: characters that no text has. */
export const LINE_BREAK = '\ufdd0';
export const CONTINUED = '\ufdd1';

/** Longest record that is joined, so that a stray quote is found out soon. */
const MAX_LINES = 1000;
const MAX_CHARACTERS = 500_000;

/** What is known of a text whose quotes do not add up within its lines. */
interface TextFacts {
  readonly name: string;
  readonly path: string;
  /** First lines, which show what a row looks like. */
  readonly head: readonly string[];
  /** Lines before the first row. */
  readonly start: number;
  readonly delimiter: Delimiter;
  /** Fields of a row. */
  readonly width: number;
}

/**
 * Tells what the quotes of a text mean, by what leaves the fewest lines broken. A field in quotes may hold line breaks;
 * its lines are joined where that gives one whole record and where what they hold does not look like rows of their own,
 * for then the quotes are stray. Tab-separated dumps do not quote: there, where lines stay broken and nothing shows that
 * quotes enclose, they are characters like others.
 */
export async function surveyQuotes(text: TextFacts): Promise<QuoteSurvey> {
  const doubled = await surveyAs('doubled', text);
  if (doubled.broken === 0) return doubled;
  const escaped = doubled.hasEscapes ? await surveyAs('backslash', text) : doubled;
  const best = escaped.broken < doubled.broken ? escaped : doubled;
  if (text.delimiter === '\t' && best.broken > best.enclosing) return { quoting: 'none', spans: [] };
  return best;
}

interface Survey extends QuoteSurvey {
  /** Lines that cannot be cut into fields. */
  readonly broken: number;
  /** Records whose quotes enclose what would else be cut: separators, line breaks, quotes. */
  readonly enclosing: number;
  /** Whether a quote stands behind a backslash anywhere. */
  readonly hasEscapes: boolean;
}

async function surveyAs(quoting: Quoting, text: TextFacts): Promise<Survey> {
  const { delimiter, width, start } = text;
  const fieldsOf = (record: string) => wholeFields(record, delimiter, quoting);
  const open = openPattern(delimiter, quoting);
  const isOpen = (record: string) => open.test(delimiter + record);
  const isRow = rowTest(text, quoting);
  const lines = linesOf(text.name, text.path)[Symbol.asyncIterator]();
  // Lines that were read ahead.
  const ahead: string[] = [];
  const lineAt = async (distance: number): Promise<string | undefined> => {
    while (ahead.length <= distance) {
      const { value, done } = await lines.next();
      if (done) return undefined;
      ahead.push(value);
    }
    return ahead[distance];
  };

  /** How many lines after the first belong to the record that it opens; 0 where its quote is stray. */
  const continuedBy = async (first: string): Promise<number> => {
    let openedInRow = isRow(first);
    let record = first;
    for (let more = 1; more <= MAX_LINES; more++) {
      const line = await lineAt(more);
      if (line === undefined) return 0;
      record += `\n${line}`;
      if (record.length > MAX_CHARACTERS) return 0;
      const closes = line.replaceAll('""', '').includes('"');
      // A text in quotes may end in what looks like a row, but hardly begin and end so.
      if (isRow(line) && (openedInRow || !closes)) return 0;
      if (!closes) continue;
      if (!isOpen(record)) return fieldsOf(record)?.length === width ? more : 0;
      openedInRow = isRow(line);
    }
    return 0;
  };

  const spans: [number, number][] = [];
  let broken = 0;
  let enclosing = 0;
  let hasEscapes = false;
  let number = 0;
  for (let line = await lineAt(0); line !== undefined; line = await lineAt(0)) {
    let more = 0;
    if (number >= start && line.includes('"')) {
      hasEscapes ||= line.includes('\\"');
      const fields = fieldsOf(line);
      if (fields?.length === width) {
        if (fields.some(field => /^"./.test(field) && (field.includes(delimiter) || field.slice(1, -1).includes('"'))))
          enclosing++;
      } else {
        more = fields === undefined && isOpen(line) ? await continuedBy(line) : 0;
        if (more === 0) broken++;
        else spans.push([number, number + more]);
      }
    }
    ahead.splice(0, more + 1);
    number += more + 1;
  }
  return { quoting, spans, broken, enclosing: enclosing + spans.length, hasEscapes };
}

/** Of the first rows, how many must have a number in a column for it to be one of numbers. */
const MOST = 0.9;

/** A test whether a line looks like a row by itself: as many fields, and a number wherever rows have one. */
function rowTest({ head, start, delimiter, width }: TextFacts, quoting: Quoting): (line: string) => boolean {
  const isNumber = (field: string | undefined) => /^\s*"?[-+]?\d/.test(field ?? '');
  const fieldsOf = (line: string) => wholeFields(line, delimiter, quoting) ?? line.split(delimiter);
  const sample = head
    .slice(start)
    .map(fieldsOf)
    .filter(fields => fields.length === width);
  const numeric = Array.from({ length: width }, (_, i) => i).filter(
    i => sample.filter(fields => isNumber(fields[i])).length > MOST * sample.length,
  );
  return line => {
    const fields = fieldsOf(line);
    const plain = fields.length === width ? fields : line.split(delimiter);
    if (plain.length !== width) return false;
    if (numeric.length > 0) return numeric.every(i => isNumber(plain[i]));
    // Prose has a blank after a comma, rows hardly.
    return !plain.some((field, i) => i > 0 && field.startsWith(' '));
  };
}

/** The text with each record on one line, its line breaks replaced, and lines that only mark its others. */
export async function* joinedRecords(name: string, path: string, spans: QuoteSurvey['spans']): AsyncGenerator<string> {
  let number = 0;
  let next = 0;
  let text = '';
  for await (const line of linesOf(name, path)) {
    const [first, last] = spans[next] ?? [Infinity, Infinity];
    text += number > first ? `${LINE_BREAK}${line}` : line;
    if (number === last) {
      text += `\n${CONTINUED}`.repeat(last - first);
      next++;
    }
    if (number < first || number === last) text += '\n';
    number++;
    if (text.length > 1 << 16) {
      yield text;
      text = '';
    }
  }
  yield text;
}
