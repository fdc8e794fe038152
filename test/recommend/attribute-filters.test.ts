import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { allSteps } from '../../src/base/threads/steps.js';
import type { AttributeValue } from '../../src/learn/ratings/ratings-table.js';
import type { AttributeFilter, FilterOperator } from '../../src/recommend/attribute-filters.js';
import { LiveSnapshot } from '../../src/recommend/live-snapshot.js';
import type { Recommender } from '../../src/recommend/recommender.js';
import type { SnapshotStore } from '../../src/snapshot/store.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const COLOURS = ['blue', 'green', 'red, dark', 'Rot'];
const known = new Map<string, Readonly<Record<string, AttributeValue>>>();
const items = smallData.catalogue.map((item, i) => {
  const attributes: Record<string, AttributeValue> = {
    ...(i % 5 > 0 && { price: (i % 40) / 4 - 1 }),
    ...(i % 7 > 0 && { colour: COLOURS[i % 4]! }),
    ...(i % 3 > 0 && { fresh: i % 2 === 0 }),
    sizes: ['S', 'M', 'L'].filter((_, size) => (i >> size) % 2 === 1),
  };
  known.set(item.itemId, attributes);
  return { ...item, attributes };
});

let store: SnapshotStore;
let recommender: Recommender;
beforeAll(async () => {
  ({ store } = await buildSmallSnapshot({ items }));
  // Through the thread that loads, so that attributes go from files to memory and from thread to thread.
  ({ recommender } = await LiveSnapshot.open({ store }));
});

/** Whether an item fulfils a condition, plainly. */
function fulfils(itemId: string, { attribute, op, value }: AttributeFilter): boolean {
  const own = known.get(itemId)?.[attribute];
  const wanted = [value].flat() as readonly AttributeValue[];
  const has = [own ?? []].flat().some(one => wanted.includes(one as AttributeValue));
  if (op === '=') return has;
  if (op === '!=') return !has;
  if (own === undefined) return false;
  const bound = wanted[0]!;
  return op === '<' ? own < bound : op === '<=' ? own <= bound : op === '>' ? own > bound : own >= bound;
}

const anyOf = <T>(values: readonly T[]) => fc.constantFrom(...values);
const equality = anyOf<FilterOperator>(['=', '!=']);
const order = anyOf<FilterOperator>(['<', '<=', '>', '>=']);
const price = anyOf([-1, 0, 0.25, 3, 3.1, 8.75, 99]);
const colour = anyOf([...COLOURS, 'mauve', '', 'c']);
const oneOrMore = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.array(value, { maxLength: 3 }));
const filter: fc.Arbitrary<AttributeFilter> = fc.oneof(
  fc.record({ attribute: fc.constant('price'), op: order, value: price }),
  fc.record({ attribute: fc.constant('price'), op: equality, value: oneOrMore(price) }),
  fc.record({ attribute: fc.constant('colour'), op: order, value: colour }),
  fc.record({ attribute: fc.constant('colour'), op: equality, value: oneOrMore(colour) }),
  fc.record({ attribute: fc.constant('fresh'), op: equality, value: oneOrMore(fc.boolean()) }),
  fc.record({ attribute: fc.constant('sizes'), op: equality, value: oneOrMore(anyOf(['S', 'M', 'XL'])) }),
);

/** A condition as text, where it can be one. */
const asText = ({ attribute, op, value }: AttributeFilter) => `${attribute}${op}${[value].flat().join('|')}`;
const isText = ({ value }: AttributeFilter) => ![value].flat().includes('') && [value].flat().length > 0;

const idsOf = (reply: { items: readonly { itemId: string }[] }) => reply.items.map(({ itemId }) => itemId);

test('lists are those without filters less what does not fulfil them, never shorter than they must be', () => {
  const userId = smallData.table.userIds[5]!;
  const itemId = smallData.table.itemIds[0]!;
  const all = {
    recommended: idsOf(recommender.recommend({ userId, limit: 1000, coldShare: 1 }, 'exact')),
    similar: idsOf(recommender.similar(itemId, 1000)),
    popular: idsOf(recommender.popular({ limit: 1000 })),
    found: recommender.findItems('', 1000).map(item => item.itemId),
  };
  expect(all.recommended.length).toBeGreaterThan(200);
  fc.assert(
    fc.property(
      fc.array(filter, { maxLength: 3 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (given, limit, text) => {
        const filters = given.map(one => (text && isText(one) ? asText(one) : one));
        const expected = (ids: readonly string[]) =>
          ids.filter(id => given.every(one => fulfils(id, one))).slice(0, limit);
        const { recommended, similar, popular, found } = all;
        expect(idsOf(recommender.recommend({ userId, limit, filters, coldShare: 1 }, 'exact'))).toEqual(
          expected(recommended),
        );
        expect(idsOf(recommender.similar(itemId, limit, { filters }))).toEqual(expected(similar));
        expect(idsOf(recommender.popular({ limit, filters }))).toEqual(expected(popular));
        expect(recommender.findItems('', limit, filters).map(item => item.itemId)).toEqual(expected(found));
      },
    ),
    { numRuns: 300 },
  );
});

test('filters that are prepared need no look at the catalogue, however long they are', () => {
  const long = (last: string): AttributeFilter => ({
    attribute: 'colour',
    op: '=',
    value: [...Array.from({ length: 300 }, (_, i) => `colour ${i}`), last],
  });
  for (const filter of ['price<=3.14159', long('blue'), long('green')]) {
    const steps = recommender.prepareFilters([filter]);
    expect(steps).toBeDefined();
    allSteps(steps!);
    expect(recommender.prepareFilters([filter, filter])).toBeUndefined();
  }
  const found = (filter: AttributeFilter) => recommender.findItems('', 1000, [filter]).map(item => item.itemId);
  const having = (colour: string) => [...known.keys()].filter(id => known.get(id)?.colour === colour);
  expect(found(long('blue')).sort()).toEqual(having('blue').sort());
  expect(found(long('green')).sort()).toEqual(having('green').sort());
  expect(() => allSteps(recommender.prepareFilters(['price<=cheap'])!)).toThrow('price is a number');
});

test('a list at the operating point is as long as the filters allow, and nothing in it breaks them', () => {
  const filters = ['price>=3', 'colour!=blue', 'sizes=S|M'];
  for (const userId of smallData.table.userIds) {
    const { items } = recommender.recommend({ userId, limit: 20, filters });
    expect(items).toHaveLength(20);
    for (const { itemId } of items) {
      const { price, colour, sizes } = known.get(itemId)!;
      expect([Number(price) >= 3, colour !== 'blue', (sizes as string[]).some(size => 'SM'.includes(size))]).toEqual([
        true,
        true,
        true,
      ]);
    }
  }
});

describe('what is shown of attributes', () => {
  test('everything of one item, and of lists what is asked for, however it is spelled', () => {
    const [itemId] = [...known].find(([id, { price }]) => recommender.knows(id) && price !== undefined)!;
    expect(recommender.item(itemId).attributes).toEqual(known.get(itemId));
    const list = recommender.recommend({ userId: 'nobody', limit: 30, attributes: ['Price', 'sizes'] }).items;
    for (const item of list) {
      const { price, sizes } = known.get(item.itemId)!;
      expect(item.attributes).toEqual({
        ...(price !== undefined && { price }),
        ...((sizes as string[]).length > 0 && { sizes }),
      });
    }
    expect(recommender.popular({ limit: 1 }).items[0]).not.toHaveProperty('attributes');
    expect(recommender.similar(itemId, 1, { attributes: ['fresh'] }).items[0]).toHaveProperty('attributes');
  });

  test('the manifest says what there is', () => {
    expect(recommender.manifest.dataset.attributes).toEqual([
      { name: 'sizes', kind: 'texts' },
      { name: 'price', kind: 'number' },
      { name: 'colour', kind: 'text' },
      { name: 'fresh', kind: 'boolean' },
    ]);
  });
});

test.each([
  ['prce<=20', /no attribute "prce"; there are: sizes \(a list of texts\), price \(a number\)/],
  ['price<=cheap', /price is a number; expected one such as 20 or 17.5, got "cheap"/],
  ['price=', /price is a number/],
  ['fresh=maybe', /fresh is true or false, got "maybe"/],
  ['fresh<true', /takes = and != only/],
  ['sizes>S', /a list of texts, which takes = and != only/],
  ['price<1|2', /< takes one value/],
  ['price', /is no condition; expected an attribute, one of = != < <= > >=, and a value/],
  ['<=20', /is no condition/],
  [{ attribute: 'colour', op: '=', value: 5 }, /colour is a text; expected a text, got 5/],
  [{ attribute: 'price', op: '~' as '=', value: 5 }, /expected one of <= >= != = < > as operator/],
] as const)('%j is refused', (given, message) => {
  const failing = () => recommender.recommend({ limit: 1, filters: [given] });
  expect(failing).toThrow(message);
  expect(failing).toThrow(expect.objectContaining({ code: 'invalid-filter' }));
});

test('attributes that do not exist are refused by name', () => {
  const failing = () => recommender.popular({ limit: 1, attributes: ['size'] });
  expect(failing).toThrow(
    expect.objectContaining({
      code: 'unknown-attribute',
      fields: { attribute: 'size', attributes: ['sizes', 'price', 'colour', 'fresh'] },
    }),
  );
});

describe('a snapshot without attributes', () => {
  test('has the files that it had before there were any, and says that it has none', async () => {
    const { store, manifest } = await buildSmallSnapshot();
    expect(manifest.dataset).not.toHaveProperty('attributes');
    expect(Object.keys(manifest.files).filter(name => name.includes('attribute'))).toEqual([]);
    const { recommender: plain } = await LiveSnapshot.open({ store });
    expect(plain.item(smallData.table.itemIds[0]!)).not.toHaveProperty('attributes');
    expect(() => plain.popular({ limit: 1, filters: ['price<1'] })).toThrow(/built without attributes/);
  });
});

test.each([
  [{ price: Number.NaN }, /"price" of item "b" is NaN; expected a finite number/],
  [{ price: 'cheap' }, /"price" of item "b" is cheap; expected a number, as it is for the items before/],
  [{ other: { x: 1 } as never }, /expected a finite number, true or false, a text, or a list of texts/],
  [Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, i])), /66 attributes, expected at most 64/],
])('attributes that cannot be are refused before the training: %#', async (attributes, message) => {
  const wrong = [
    { itemId: 'a', categories: [], attributes: { price: 1 } },
    { itemId: 'b', categories: [], attributes },
  ];
  const progress = { stage: () => expect.fail('it began'), note: () => {} };
  const building = buildSmallSnapshot({ items: wrong, progress });
  await expect(building).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringMatching(message) });
});
