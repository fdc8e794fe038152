import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NumberOption } from '../../../src/base/options/option.js';
import { REQUEST_OPTIONS } from '../../../src/recommend/request-options.js';
import { numberField, numberParameter } from '../../../src/serve/http/parameters.js';
import { recommendBody, recommendQuery } from '../../../src/serve/http/requests.js';

const { limit, coldShare, diversity } = REQUEST_OPTIONS;

describe.each(Object.entries({ limit, coldShare, diversity }))('%s', (name, option: NumberOption<number>) => {
  test('has one range in a query string and in a body', () => {
    const { min, max } = option;
    const inside = option.kind === 'integer' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
    const plain = fc.double({ min: -2, max: 2000, noNaN: true }).map(n => Number(n.toFixed(3)));
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(min, max, min - 1, max + 1), inside, plain), value => {
        const inBody = numberField(option).safeParse(value);
        // Query strings take plain decimals, as which the smallest numbers are not written.
        fc.pre(/^-?[0-9.]+$/.test(String(value)));
        const inQuery = numberParameter(option).safeParse(String(value));
        expect(inQuery.success).toBe(inBody.success);
        expect(inQuery.error?.issues[0]?.message).toBe(inBody.error?.issues[0]?.message);
        expect(inBody.success).toBe(value >= min && value <= max && (option.kind === 'real' || value % 1 === 0));
      }),
    );
  });

  test('has the default and the meaning of its description in both', () => {
    for (const schema of [recommendBody, recommendQuery]) {
      expect(schema.parse({})).toHaveProperty(name, option.default);
      expect(schema.shape[name as 'limit'].meta()?.description).toBe(option.meaning);
    }
  });
});
