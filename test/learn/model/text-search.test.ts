import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PackedStrings } from '../../../src/base/numeric/packed-strings.js';
import { folded, foldedTexts, TextSearch } from '../../../src/learn/model/text-search.js';

const searchIn = (...texts: string[]) => {
  const search = new TextSearch(PackedStrings.of(texts.map(folded)).data);
  return (text: string, limit = 10, from = 0) => search.find(text, limit, from).map(place => texts[place]);
};

describe('folding', () => {
  test.each([
    ['Les Misérables', 'les miserables'],
    ['Ame\u0301lie', 'amelie'],
    ['Straße', 'strasse'],
    ['SMØRREBRØD Æble', 'smorrebrod aeble'],
    ['Łódź', 'lodz'],
    ['İstanbul, Iğdır', 'istanbul, igdir'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευσ'],
    ['Ёлки', 'елки'],
    ['ﬁlm ＡＢＣ №5', 'film abc no5'],
    ['Ocean’s', "ocean's"],
    // The signs of these scripts are letters, not accents.
    ['हिन्दी', 'हिन्दी'],
  ])('%s', (text, expected) => {
    expect(folded(text)).toBe(expected);
  });

  test('makes one of all forms of a text, and changes nothing when it is done again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), text => {
        expect(folded(folded(text))).toBe(folded(text));
        expect(folded(text.normalize('NFD'))).toBe(folded(text.normalize('NFC')));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('texts that are in lower case only are folded when they are read, others stay the array that they are', () => {
    const old = PackedStrings.of(['plain', 'amélie\n7', 'straße']).data;
    expect(new PackedStrings(foldedTexts(old)).all()).toEqual(['plain', 'amelie\n7', 'strasse']);
    const done = PackedStrings.of(['plain', 'елки', '東京']).data;
    expect(foldedTexts(done)).toBe(done);
  });
});

describe('a search', () => {
  const find = searchIn('The Matrix', 'Les Misérables', 'Heat', 'Star Wars', 'Cheat Sheet', 'Amélie', '東京物語');

  test.each([
    ['MISERABLES', ['Les Misérables']],
    ['ame\u0301lie', ['Amélie']],
    [' heat ', ['Heat', 'Cheat Sheet']],
    ['京物', ['東京物語']],
    ['', ['The Matrix', 'Les Misérables', 'Heat', 'Star Wars', 'Cheat Sheet', 'Amélie', '東京物語']],
  ])('for %j', (query, expected) => {
    expect(find(query)).toEqual(expected);
  });

  test.each([
    ['two letters swapped', 'matirx', 'The Matrix'],
    ['the first two swapped', 'amtrix', 'The Matrix'],
    ['one too many', 'mattrix', 'The Matrix'],
    ['one too few', 'misrables', 'Les Misérables'],
    ['the first too few', 'tar wrs', undefined],
    ['one wrong', 'mizerables', 'Les Misérables'],
    ['the first wrong', 'natrix', 'The Matrix'],
    ['the last wrong', 'matriz', 'The Matrix'],
    ['in the second word', 'star wras', 'Star Wars'],
    ['two of them', 'mztriz', undefined],
  ])('forgives %s', (_, query, expected) => {
    expect(find(query)[0]).toBe(expected);
  });

  test('with a typo finds words that begin so, not the middle of one, and nothing at three letters', () => {
    expect(find('heut')).toEqual(['Heat']);
    expect(find('hee')).toEqual(['Cheat Sheet']);
    expect(find('hxt')).toEqual([]);
  });

  test('forgives nothing where something is found, on any page', () => {
    const search = searchIn('Heat', 'Heap', 'Heat 2');
    expect(search('heat')).toEqual(['Heat', 'Heat 2']);
    expect(search('heat', 10, 1)).toEqual(['Heat 2']);
    expect(search('heat', 10, 3)).toEqual([]);
    expect(search('heat', 10, 999)).toEqual([]);
    expect(search('heav', 10, 1)).toEqual(['Heap', 'Heat 2']);
  });

  test.each([
    ['that is nowhere', 'no', () => true, []],
    ['with a typo', 'nedle', () => true, [29_999]],
    ['that is at the end', 'needle', () => true, [29_999]],
    ['that many have, which do not fulfil the condition', 'hay', (place: number) => place === 9000, [9000]],
  ])('for a text %s does not read a large catalogue in one step', (_, query, fulfils, expected) => {
    const texts = Array.from({ length: 30_000 }, (_, i) => (i === 29_999 ? 'a needle' : `the hay with number ${i}`));
    const steps = new TextSearch(PackedStrings.of(texts).data).inSteps(query, 10, 0, fulfils);
    let count = 1;
    let step = steps.next();
    for (; !step.done; step = steps.next()) count++;
    expect(step.value).toEqual(expected);
    expect(count).toBeGreaterThanOrEqual(3);
  });

  test('finds with one typo what the plain definition finds', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 9 });
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), word, (texts, query) => {
        fc.pre(texts.every(text => !text.includes(query)));
        expect(searchIn(...texts)(query)).toEqual(texts.filter(text => wordsBeginningIn(text).some(isClose(query))));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

/** All parts of a text that begin where a word does. */
function wordsBeginningIn(text: string): string[] {
  const starts = [...text].flatMap((_, at) => (at === 0 || text[at - 1] === ' ' ? [at] : []));
  return starts.flatMap(start =>
    Array.from({ length: text.length - start }, (_, n) => text.slice(start, start + n + 1)),
  );
}

/** Whether a text is a query but for one typo. */
function isClose(query: string): (text: string) => boolean {
  const variants = new Set([query]);
  for (let i = 0; i <= query.length; i++) {
    const [head, tail] = [query.slice(0, i), query.slice(i)];
    variants.add(head + tail.slice(1));
    if (tail.length > 1) variants.add(head + tail[1] + tail[0] + tail.slice(2));
    for (const letter of 'abc ') {
      variants.add(head + letter + tail.slice(1));
      // A letter too many inside of the query: one before it is no typo of it.
      if (i > 0) variants.add(head + letter + tail);
    }
  }
  return text => variants.has(text);
}
