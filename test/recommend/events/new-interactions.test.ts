import { expect, test } from 'vitest';
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
