import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { validate } from '../../../src/serve/http/validation.js';

const schema = z.strictObject({
  name: z.string().exactOptional(),
  flag: z.boolean().default(false),
  mode: z.enum(['on', 'off']).optional(),
  list: z
    .array(z.strictObject({ id: z.string(), tags: z.strictObject({ a: z.int(), b: z.int() }).optional() }))
    .optional(),
  price: z.union([z.number(), z.string(), z.strictObject({ below: z.number() })]).optional(),
  more: z.record(z.string(), z.strictObject({ weight: z.number() })).optional(),
});

describe('validate says of a body what was expected and what came', () => {
  test.each<[object, string, string]>([
    [{ name: null }, 'name', 'expected a string, got null'],
    [{ flag: 1 }, 'flag', 'expected true or false, got 1'],
    [{ mode: 'of' }, 'mode', 'expected "on" or "off", got "of"'],
    [{ list: 'a' }, 'list', 'expected a list, got "a"'],
    [{ list: [{ id: 'a' }, 7] }, 'list[1]', 'expected an object, got 7'],
    [{ list: [{}] }, 'list[0].id', 'expected a string, got nothing'],
    [{ list: [{ id: 'a', x: 1 }] }, 'list[0].x', 'unknown name; known are id, tags'],
    [{ list: [{ id: 'a', tags: { a: 1, b: 2, c: 3 } }] }, 'list[0].tags.c', 'unknown name; known are a, b'],
    [{ list: [{ id: 'a', tags: { a: 1.5, b: 2 } }] }, 'list[0].tags.a', 'expected a whole number, got 1.5'],
    [{ price: [] }, 'price', 'expected a number or a string or an object, got a list'],
    [{ price: { below: '5' } }, 'price.below', 'expected a number, got "5"'],
    [{ more: { x: { wieght: 1, weight: 1 } } }, 'more.x.wieght', 'unknown name; known are weight'],
    [{ name: { long: 'x' } }, 'name', 'expected a string, got an object'],
    [{ flag: 'y'.repeat(500) }, 'flag', `expected true or false, got "${'y'.repeat(99)}…`],
  ])('%j', (body, field, message) => {
    expect(() => validate(schema, 'body', body)).toThrow(
      expect.objectContaining({ fields: { errors: [{ in: 'body', field, message }] } }),
    );
  });
});
