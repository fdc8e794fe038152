import { describe, expect, test } from 'vitest';
import { ShortlistError } from '../src/errors.js';
import { readRatings } from '../src/learn/ratings/read-ratings.js';
import { scratchDirectory } from './support/scratch-directory.js';

/** A file as other programs write them, or as it became on its way, which readers are known to take wrongly. */
interface Trouble {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What is read where bad rows are skipped. */
  readonly ratings: readonly (readonly [user: string, item: string, value: number])[];
  /** Lines that are refused, if any. */
  readonly bad?: readonly number[];
  /** True where `ratings` are only the last of them. */
  readonly isLong?: boolean;
}

/** More than is looked at to judge a file, so that what comes behind must be found while it is read. */
const LONG = Array.from(
  { length: 120_000 },
  (_, row) => `user${String(row).padStart(7, '0')},item${row % 500},1\n`,
).join('');

const TROUBLES: readonly Trouble[] = [
  {
    name: 'lines that end in CR, CR, LF, as Python writes them on Windows',
    content: 'userId,itemId,rating\r\r\n1,a,3\r\r\n2,b,4\r\r\n',
    ratings: [
      ['1', 'a', 3],
      ['2', 'b', 4],
    ],
  },
  {
    name: 'a single CR between lines that end in CRLF',
    content: 'userId,itemId,rating\r\nuser1,a,3\r\nuser2,b,4\ruser3,c,5\r\nuser4,d,1\r\n',
    ratings: [
      ['user1', 'a', 3],
      ['user2', 'b', 4],
      ['user3', 'c', 5],
      ['user4', 'd', 1],
    ],
  },
  {
    name: 'a byte order mark in the middle, as where files were joined',
    content: '\ufeffuserId,itemId,rating\n1,a,3\n\ufeff1,b,4\n',
    ratings: [
      ['1', 'a', 3],
      ['1', 'b', 4],
    ],
  },
  {
    name: 'a header again in the middle, as where files were joined',
    content: 'userId,itemId\n1,a\nuserId,itemId\n2,b\n',
    ratings: [
      ['1', 'a', 1],
      ['2', 'b', 1],
    ],
    bad: [3],
  },
  {
    name: 'inches in a column that nobody reads, on an even number of lines',
    content: 'userId,itemId,rating,note\n1,a,3,5" x\n2,b,4,ok\n3,c,4,7" y\n4,d,2,"fine, really"\n',
    ratings: [
      ['1', 'a', 3],
      ['2', 'b', 4],
      ['3', 'c', 4],
      ['4', 'd', 2],
    ],
  },
  {
    name: 'notes over several lines',
    content: 'userId,itemId,rating,note\n1,a,3,"one\ntwo"\n2,b,4,"say ""hi""\n\nthere"\n3,c,5,z\n',
    ratings: [
      ['1', 'a', 3],
      ['2', 'b', 4],
      ['3', 'c', 5],
    ],
  },
  {
    name: 'names that look like numbers to spreadsheets',
    content: 'userId,itemId,rating\n891e3,219E01,3\n1026454.4271112504,0001,4\n1026454.4271112500,1,5\n',
    ratings: [
      ['891e3', '219E01', 3],
      ['1026454.4271112504', '0001', 4],
      ['1026454.4271112500', '1', 5],
    ],
  },
  {
    name: 'sessions of nobody in particular',
    content: 'sessionId;userId;itemId;timeframe;eventdate\n1;NA;81766;526309;2016-05-09\n2;7;32118;243569;2016-05-09\n',
    ratings: [['7', '32118', 1]],
    bad: [2],
  },
  {
    name: 'likes that are true and false',
    content: 'userId,itemId,liked\n1,a,true\n1,b,false\n2,b,True\n',
    ratings: [
      ['1', 'a', 1],
      ['1', 'b', 0],
      ['2', 'b', 1],
    ],
  },
  {
    name: 'rows with a field more than the header, all of them: nothing is shifted',
    content: 'userId,itemId,rating\n1,11,3,4\n2,12,4,5\n',
    ratings: [],
    bad: [2, 3],
  },
  {
    name: 'the end of DOS',
    content: 'userId,itemId,rating\r\n1,a,3\r\n\x1a',
    ratings: [['1', 'a', 3]],
    bad: [3],
  },
  {
    name: 'lines that end otherwise, far down',
    isLong: true,
    content: `userId,itemId,rating\n${LONG}late1,x,5\r\nlate2,y,4\rlate3,z,3\n`,
    ratings: [
      ['user0119999', 'item499', 1],
      ['late1', 'x', 5],
      ['late2', 'y', 4],
      ['late3', 'z', 3],
    ],
  },
];

describe.each(TROUBLES)('$name', ({ content, ratings, bad = [], isLong = false }) => {
  test('nothing is lost without a word, and nothing made up', async () => {
    const write = scratchDirectory();
    const path = write('ratings.csv', content);
    expect(await badLinesOf(path)).toEqual(bad);

    const reading = readRatings(path, { skipBadRows: write('rejects.csv', '') });
    if (ratings.length === 0) return expect(reading).rejects.toMatchObject({ code: 'no-usable-rows' });
    const { userIds, itemIds, users, items, values } = await reading;
    const rows = Array.from(users, (user, row) => [userIds[user], itemIds[items[row]!], values[row]]);
    expect(isLong ? rows.slice(-ratings.length) : rows).toEqual(ratings);
  });
});

async function badLinesOf(path: string): Promise<number[]> {
  try {
    await readRatings(path);
    return [];
  } catch (error) {
    if (!(error instanceof ShortlistError && error.code === 'bad-rows')) throw error;
    return (error as ShortlistError<'bad-rows'>).fields.rows.map(({ line }) => line);
  }
}
