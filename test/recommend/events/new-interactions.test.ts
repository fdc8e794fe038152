import { expect, test } from 'vitest';
import { readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { CsvEventLog } from '../../../src/recommend/events/csv-log.js';
import { logInteractions, type NewInteraction } from '../../../src/recommend/events/new-interactions.js';
import { newDirectory } from '../../support/scratch-directory.js';
import { smallService } from '../../support/small-service.js';

const { manifest } = smallService();
const good = { userId: '7', itemId: 'a' };

test.each<[keyof NewInteraction, Record<string, unknown>]>([
  ['userId', { userId: '' }],
  ['userId', { userId: 'a\nb' }],
  ['userId', { userId: 7 }],
  ['itemId', { itemId: undefined }],
  ['value', { value: Number.NaN }],
  ['value', { value: '4' }],
  ['timestamp', { timestamp: 'yesterday' }],
  ['timestamp', { timestamp: '1969-12-31T23:59:59Z' }],
  ['timestamp', { timestamp: '2999-01-01T00:00:00Z' }],
])('refuses a `%s` that a log cannot hold: %j', async (option, wrong) => {
  const log = await CsvEventLog.open(newDirectory(), message => expect.fail(message));
  const bad = { ...good, ...wrong } as unknown as NewInteraction;
  await expect(logInteractions(log, [good, bad], manifest)).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining(`\`${option}\` of interaction 1 must be `),
    fields: { option, place: 1 },
  });
  expect(log.of(good.userId)).toBeUndefined();
  await logInteractions(log, [good], manifest);
  expect(log.of(good.userId)).toMatchObject([good]);
  log.close();
});

test('refuses a value outside of the scale of the data, and logs nothing then', async () => {
  const log = await CsvEventLog.open(newDirectory(), message => expect.fail(message));
  const rated = {
    ...manifest,
    dataset: { ...manifest.dataset, valueKind: 'ratings' as const, scale: { min: 1, max: 5 } },
  };
  const events = [
    { ...good, value: 5 },
    { ...good, itemId: 'b', value: 1_000_000 },
  ];
  await expect(logInteractions(log, events, rated)).rejects.toMatchObject({
    code: 'value-out-of-scale',
    fields: { path: '[1].value', value: 1_000_000, least: -5, most: 5 },
  });
  expect(log.of(good.userId)).toBeUndefined();
  log.close();
});

test('a clock that is a little ahead does not hide what comes after', async () => {
  const timed = { ...manifest, dataset: { ...manifest.dataset, from: '2020-01-01T00:00:00Z' } };
  const log = await CsvEventLog.open(newDirectory(), message => expect.fail(message));
  for (const [value, ahead] of [
    [1, 240_000],
    [2, 0],
  ] as const) {
    const timestamp = new Date(Date.now() + ahead).toISOString();
    await logInteractions(log, [{ ...good, value, timestamp }], timed);
    expect(log.of(good.userId)).toMatchObject([{ value }]);
    expect(log.of(good.userId)![0]!.timestamp).toBeLessThanOrEqual(Date.now() / 1000);
  }
  log.close();
});

test.each([
  ['ratings', 4],
  ['labels', 1],
  ['quantities', 1],
] as const)('an event without a value among %s is worth %i', async (valueKind, value) => {
  const log = await CsvEventLog.open(newDirectory(), message => expect.fail(message));
  await logInteractions(log, [good], { ...manifest, dataset: { ...manifest.dataset, valueKind } });
  expect(log.of(good.userId)).toMatchObject([{ value }]);
  log.close();
});

test('a clock that is late makes no event older than those before it, in one call or several', async () => {
  const log = await CsvEventLog.open(newDirectory(), message => expect.fail(message));
  const timed = { ...manifest, dataset: { ...manifest.dataset, from: '2020-01-01T00:00:00.000Z' } };
  const at = (time: string, value: number) => ({ ...good, timestamp: `2026-01-01T${time}Z`, value });
  await logInteractions(log, [at('12:00:00', 5), at('11:00:00', 1)], timed);
  await logInteractions(log, [at('10:00:00', 2)], timed);
  const table = await readRatings(log.path);
  expect([...table.values]).toEqual([2]);
  expect(log.of(good.userId)).toMatchObject([{ value: 2, timestamp: Date.parse('2026-01-01T12:00:00Z') / 1000 }]);
  log.close();
});
