import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findFault, shapeOf } from '../../../src/serve/http/body-shape.js';
import * as requests from '../../../src/serve/http/requests.js';
import { faultsOf, validate } from '../../../src/serve/http/validation.js';

const schemas = {
  recommend: requests.recommendBody,
  batch: requests.batchBody,
  similar: requests.similarBody,
  events: requests.eventsBody,
  rollback: requests.rollbackQuery,
};
type Name = keyof typeof schemas;

const list = (length: number, entry: unknown = 'a') => Array.from({ length }, () => entry);
const filter = (value: unknown) => ({ attribute: 'a', op: '=', value });

describe('what a schema has no room for is found in the text, and said as the schema says it', () => {
  const faults: [Name, unknown, string, string][] = [
    ['recommend', list(3), '', 'expected an object, got a list'],
    ['recommend', 'text', '', 'expected an object, got "text"'],
    ['recommend', { limit: [[]] }, 'limit', 'expected a whole number from 1 to 1000, got a list'],
    ['recommend', { limit: {} }, 'limit', 'expected a whole number from 1 to 1000, got an object'],
    ['recommend', { explain: 'yes' }, 'explain', 'expected true or false, got "yes"'],
    ['recommend', { exclude: list(10_001) }, 'exclude', 'expected at most 10000 entries'],
    ['recommend', { exclude: [['a']] }, 'exclude[0]', 'expected one value, got several'],
    ['recommend', { history: list(1001, {}) }, 'history', 'expected at most 1000 entries'],
    [
      'recommend',
      { history: [{ itemId: 'a' }, { itemID: 'a' }] },
      'history[1].itemID',
      'unknown name; known are itemId, value',
    ],
    ['recommend', { userId: 'x'.repeat(1025) }, 'userId', 'expected at most 1024 characters, got 1025'],
    ['recommend', { history: {} }, 'history', 'expected a list, got an object'],
    ['recommend', { filters: [filter(list(1001, 1))] }, 'filters[0].value', 'expected at most 1000 values'],
    [
      'recommend',
      { filters: [{ atribute: 'a' }] },
      'filters[0].atribute',
      'unknown name; known are attribute, op, value',
    ],
    ['batch', { userIds: list(1001) }, 'userIds', 'expected at most 1000 entries'],
    ['events', { events: list(1001, {}) }, 'events', 'expected at most 1000 events'],
    ['events', { events: [{ userId: 1, itemId: { a: 1 } }] }, 'events[0].itemId', 'expected a string, got an object'],
    ['rollback', { too: 'x' }, 'too', 'unknown name; known are to'],
    ['rollback', JSON.parse('{"__proto__":1}'), '__proto__', 'unknown name; known are to'],
  ];
  test.each(faults.map(([name, value, field, message]) => ({ name, value, field, message })))(
    '$name: $field: $message',
    ({ name, value, field, message }) => {
      const found = findFault(JSON.stringify(value), shapeOf(schemas[name]));
      expect(found).toEqual({ error: { in: 'body', field, message } });
    },
  );

  test('nothing is read beyond it', () => {
    const rest = '{"a":[{"b":'.repeat(100_000);
    expect(findFault(`{"limit":[${rest}`, shapeOf(schemas.recommend))?.error?.field).toBe('limit');
  });
});

/** Values that are right, each of which may be another one instead. */
const scalar = fc.oneof(
  fc.constantFrom(
    'a',
    '',
    'any',
    '2026-01-01T00:00:00Z',
    '\ud800',
    '"\\',
    'x'.repeat(1025),
    '\u{1f4a5}'.repeat(512),
    1,
    10,
    0.5,
    true,
    null,
  ),
  fc.double(),
  fc.string(),
);
const values = fc.array(scalar, { maxLength: 4 });
const anything = fc.oneof({ weight: 3, arbitrary: scalar }, values, fc.jsonValue());
const ids = fc.oneof({ weight: 8, arbitrary: fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }) }, values, anything);
const or = (right: fc.Arbitrary<unknown>) => fc.oneof({ weight: 12, arbitrary: right }, anything);
const id = or(fc.constantFrom('a', 'b'));
const record = (fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) =>
  or(fc.record(fields, { requiredKeys }));
const body = record({
  userId: id,
  itemId: id,
  userIds: ids,
  history: or(
    fc.array(record({ itemId: id, value: or(fc.constantFrom(1, -1)), extra: anything }, ['itemId']), { maxLength: 3 }),
  ),
  events: or(
    fc.array(record({ userId: id, itemId: id, timestamp: id }, ['userId', 'itemId']), { minLength: 1, maxLength: 3 }),
  ),
  limit: or(fc.integer({ min: 1, max: 50 })),
  exclude: ids,
  match: or(fc.constantFrom('any', 'all')),
  explain: or(fc.boolean()),
  filters: or(
    fc.array(
      or(
        fc.oneof(
          fc.constant('a=1'),
          record({ attribute: id, op: fc.constant('='), value: or(ids) }, ['attribute', 'op', 'value']),
        ),
      ),
      { maxLength: 3 },
    ),
  ),
  to: id,
});
const only = (names: readonly string[], value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)))
    : value;

test('whatever comes, what the schema takes and nothing else gets through, and a refusal names a field', () => {
  const outcomes = { taken: 0, refused: 0, found: 0 };
  const names = Object.keys(schemas) as Name[];
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      body,
      fc.boolean(),
      fc.nat(),
      fc.string({ maxLength: 2 }),
      (name, value, known, at, edit) => {
        const schema = schemas[name];
        const whole = JSON.stringify(known ? only(Object.keys(schema.shape), value) : value, null, at % 2);
        const place = at % (whole.length + 1);
        for (const text of [whole, whole.slice(0, place) + edit + whole.slice(place + 1)]) {
          const found = findFault(text, shapeOf(schema));
          let parsed: unknown;
          try {
            parsed = JSON.parse(text);
          } catch {
            continue;
          }
          if (found?.repeated !== undefined) continue;
          const isTaken = schema.safeParse(parsed).success;
          if (found) {
            outcomes.found++;
            expect([text, isTaken]).toEqual([text, false]);
            expect(found.error?.message).toMatch(/./);
            expect(faultsOf(schema, 'body', parsed).length).toBeGreaterThan(0);
          } else if (isTaken) {
            outcomes.taken++;
            expect(validate(schema, 'body', parsed)).toEqual(schema.parse(parsed));
          } else {
            outcomes.refused++;
            expect(() => validate(schema, 'body', parsed)).toThrow(
              expect.objectContaining({ code: 'invalid-request' }),
            );
          }
        }
      },
    ),
    { seed: 1, numRuns: Number(process.env.FUZZ_RUNS ?? 1500) },
  );
  for (const times of Object.values(outcomes)) expect(times).toBeGreaterThan(100);
});

test('of a long list of wrong entries the first is told, of a short one each', () => {
  const wrong = (entries: number) => faultsOf(schemas.recommend, 'body', { exclude: list(entries, ''), only: [5] });
  expect(wrong(10_000)).toEqual([{ in: 'body', field: 'exclude[0]', message: 'expected at least one character' }]);
  expect(wrong(3).map(({ field }) => field)).toEqual(['exclude[0]', 'exclude[1]', 'exclude[2]', 'only[0]']);
});
