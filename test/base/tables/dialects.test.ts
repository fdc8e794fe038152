import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { READ_COLUMNS, readTables } from '../../support/read-tables.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

// Tables as the most diverse programs write them. Many are read in one session, since a session takes longer than a table.

const TABLES = 2000;
const TABLES_PER_SESSION = 100;

type Row = readonly string[];

interface Table {
  readonly rows: readonly Row[];
  /** Position of a further column of texts, which nobody takes. */
  readonly noteAt: number;
  readonly separator: string;
  readonly quotes: 'all' | 'needed' | 'stray' | 'none' | 'JSON Lines' | 'JSON';
  readonly encoding: 'utf8' | 'utf8 marked' | 'utf16le marked' | 'utf16be marked' | 'utf16le' | 'windows-1252';
  readonly lineEnd: string;
  readonly zipped: boolean;
  /** After which rows a blank line stands. */
  readonly blankAfter: readonly number[];
  readonly endsOpen: boolean;
  /** A line that is no row, and where it stands. */
  readonly bad: { readonly after: number; readonly kind: 'narrow' | 'wide' | 'unclosed' } | null;
}

const write = scratchDirectory();
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const plain = fc.stringMatching(/^[a-z0-9][a-z0-9 .#-]{0,8}$/);

/** Texts that dialects can hold: those in quotes all, others none of the separator or of what would be syntax. */
function textFor(quotes: Table['quotes'], separator: string, encoding: Table['encoding']): fc.Arbitrary<string> {
  const letters = encoding === 'windows-1252' ? 'aé€’ÿ19' : 'aé€漢😀\u2028\u0085ß19';
  const awkward = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...letters, ..." ,;|\t'#:~\\", '"') });
  const manyLines = fc.tuple(awkward, awkward, plain).map(([a, b, c]) => `${a}\n\n${b}\n${c}`);
  switch (quotes) {
    case 'JSON':
    case 'JSON Lines':
      return fc.oneof(plain, awkward, manyLines, fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }));
    case 'all':
    case 'needed':
      // A text in quotes that ends in a backslash may be one or the other.
      return fc
        .oneof({ weight: 4, arbitrary: plain }, { weight: 2, arbitrary: awkward }, manyLines)
        .map(text => text.replaceAll('\\', '/'));
    case 'stray':
      return fc
        .oneof(
          plain,
          plain.map(text => `"${text}`),
          plain.map(text => `${text}"`),
          plain.map(text => `${text} "x" y`),
        )
        .filter(text => !text.includes(separator));
    case 'none':
      return fc
        .oneof(plain, awkward)
        .map(text => text.replaceAll('"', '').replaceAll(separator, ''))
        .filter(text => text !== '' && text[0] !== ':' && text.at(-1) !== ':');
  }
}

const dialect = fc
  .tuple(
    fc.constantFrom<[string, Table['quotes']]>(
      ...[',', ';', '\t', '|'].flatMap(
        separator =>
          [
            [separator, 'all'],
            [separator, 'needed'],
          ] as [string, Table['quotes']][],
      ),
      ['\t', 'stray'],
      ['::', 'none'],
      ['\u0001', 'none'],
      ['', 'JSON Lines'],
      ['', 'JSON'],
    ),
    fc.constantFrom<Table['encoding']>(
      'utf8',
      'utf8',
      'utf8 marked',
      'utf16le marked',
      'utf16be marked',
      'utf16le',
      'windows-1252',
    ),
  )
  .filter(([[, quotes], encoding]) => !(quotes.startsWith('JSON') && encoding === 'windows-1252'));

const table: fc.Arbitrary<Table> = dialect.chain(([[separator, quotes], encoding]) => {
  const text = textFor(quotes, separator, encoding);
  const rating = fc.integer({ min: -9, max: 50 }).map(n => String(n / 10));
  const time = fc.integer({ min: 0, max: 2e9 }).map(String);
  return fc.record({
    // The first row is plain, so that a file without a header shows its separator.
    rows: fc
      .tuple(
        fc.tuple(plain, plain, rating, time, plain),
        fc.array(fc.tuple(text, text, rating, time, text), { minLength: quotes === 'stray' ? 2 : 0, maxLength: 12 }),
      )
      .map(([first, others]) => [first, ...others])
      .filter(rows => quotes !== 'stray' || rows.some(row => row.some(field => field.startsWith('"')))),
    noteAt: fc.nat(4),
    separator: fc.constant(separator),
    quotes: fc.constant(quotes),
    encoding: fc.constant(encoding),
    lineEnd: fc.constantFrom('\n', '\n', '\r\n', '\r'),
    zipped: fc.boolean(),
    blankAfter: fc.subarray([0, 1, 3]),
    endsOpen: fc.boolean(),
    bad: fc.option(fc.record({ after: fc.nat(12), kind: fc.constantFrom('narrow', 'wide', 'unclosed') })),
  });
});

/** The bytes of a table, and the lines of it that are no rows. */
function written(table: Table, hasHeader: boolean): { content: Uint8Array; badLines: number[]; lines: number } {
  const { separator, quotes, lineEnd, encoding } = table;
  const noteAt = hasHeader ? table.noteAt : 4;
  const withNote = (row: Row) => [...row.slice(0, noteAt), row[4] ?? '', ...row.slice(noteAt, 4)];
  const names = withNote([...READ_COLUMNS, 'note']);
  const fieldOf = (text: string) => {
    if (quotes === 'all') return quoted(text);
    return quotes === 'needed' && (/["\n]/.test(text) || text.includes(separator)) ? quoted(text) : text;
  };
  const isJson = quotes.startsWith('JSON');
  const records = table.rows.map(row => {
    const values = withNote(row);
    return isJson
      ? JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i]])), null, quotes === 'JSON' ? 1 : 0)
      : values.map(fieldOf).join(separator);
  });
  const badAt = table.bad === null ? -1 : Math.min(table.bad.after, records.length - 1);
  const lines = hasHeader && !isJson ? [names.map(fieldOf).join(separator)] : [];
  const badLines: number[] = [];
  records.forEach((record, i) => {
    lines.push(...record.split('\n'));
    if (i === badAt) {
      lines.push(badLine(table));
      badLines.push(quotes === 'JSON' ? i + 2 : lines.length);
    }
    if (table.blankAfter.includes(i)) lines.push('');
  });
  if (quotes === 'JSON') {
    const elements = records.flatMap((record, i) => (i === badAt ? [record, badLine(table)] : [record]));
    lines.splice(0, lines.length, ...`[${elements.join(',\n')}]`.split('\n'));
  }
  const text = lines.join(lineEnd) + (table.endsOpen && lines.at(-1) !== '' ? '' : lineEnd);
  const content = encoded(text, encoding);
  return {
    content: table.zipped ? gzipSync(content) : content,
    badLines,
    lines: quotes === 'JSON' ? records.length + badLines.length : lines.length,
  };
}

function badLine({ separator, quotes, bad }: Table): string {
  if (quotes.startsWith('JSON')) return bad?.kind === 'wide' ? '["user", 1]' : '{"user" 1}';
  const fields = bad?.kind === 'narrow' ? ['u', 'i', '1'] : ['u', 'i', '1', '2', 'note', 'more'];
  if (bad?.kind !== 'unclosed' || quotes === 'none' || quotes === 'stray' || separator === '\t')
    return fields.join(separator);
  return ['"u', 'i', '1', '2', 'note'].join(separator);
}

const WINDOWS_1252 = new Map([
  ['€', 0x80],
  ['’', 0x92],
]);

function encoded(text: string, encoding: Table['encoding']): Buffer {
  switch (encoding) {
    case 'utf8':
      return Buffer.from(text);
    case 'utf8 marked':
      return Buffer.from(`\ufeff${text}`);
    case 'utf16le marked':
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 'utf16be marked':
      return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    case 'utf16le':
      return Buffer.from(text, 'utf16le');
    case 'windows-1252':
      return Buffer.from(Array.from(text, character => WINDOWS_1252.get(character) ?? character.charCodeAt(0)));
  }
}

test(`${TABLES} random tables in random dialects are read back as they were, but for their bad lines`, {
  timeout: 600_000,
}, async () => {
  const tables = fc.sample(table, { seed: 11, numRuns: TABLES });
  for (let start = 0; start < TABLES; start += TABLES_PER_SESSION) {
    const hasHeader = (start / TABLES_PER_SESSION) % 4 !== 3;
    const batch = tables.slice(start, start + TABLES_PER_SESSION);
    const files = batch.map((one, i) => ({ ...written(one, hasHeader), name: `${start + i}.txt` }));
    const paths = files.map(({ name, content }) => write(name, content));
    const { readings, rows, bad } = await readTables(paths, { headerless: !hasHeader, required: READ_COLUMNS });
    batch.forEach((one, i) => {
      const shown = `${JSON.stringify(one)}\n${files[i]?.content.toString()}`;
      expect(rows[i], shown).toEqual(one.rows.map(row => row.slice(0, 4)));
      expect(
        bad[i]?.map(([line]) => line),
        shown,
      ).toEqual(files[i]?.badLines);
      const { lines, header, blank, continued, good, bad: rejected } = readings[i]!;
      expect(lines, shown).toBe(files[i]?.lines);
      expect(header + blank + continued + good + rejected, shown).toBe(lines);
    });
  }
});
