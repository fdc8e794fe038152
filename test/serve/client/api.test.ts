import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { Api, Body, Problem, Query, Reply } from '../../../src/serve/client/api.js';
import type { ShortlistClient } from '../../../src/serve/client/shortlist-client.js';
import type { endpoints } from '../../../src/serve/http/endpoints.js';
import type * as replies from '../../../src/serve/http/replies.js';
import type * as requests from '../../../src/serve/http/requests.js';

// The compiler is what runs these: neither the client's types nor the schemas can change alone.

type Endpoints = typeof endpoints;
/** Names of the endpoints that take a body, or query parameters. */
type Named<Part extends string> = { [Name in keyof Api]: Part extends keyof Api[Name] ? Name : never }[keyof Api];

test('the client has every endpoint and nothing else', () => {
  expectTypeOf<keyof Api>().toEqualTypeOf<keyof Endpoints>();
  expectTypeOf<keyof ShortlistClient>().toEqualTypeOf<keyof Endpoints>();
});

test('replies are those of the schemas', () => {
  expectTypeOf<{ [Name in keyof Api]: Reply<Name> }>().toEqualTypeOf<{
    [Name in keyof Endpoints]: z.output<Endpoints[Name]['reply']>;
  }>();
  expectTypeOf<Problem>().toEqualTypeOf<replies.Problem>();
});

test('queries are those of the schemas, as they are once they are read', () => {
  expectTypeOf<{ [Name in Named<'query'>]: Query<Name> }>().toEqualTypeOf<{
    [Name in Named<'query'>]: Partial<z.output<Endpoints[Name]['query']>>;
  }>();
  type Others = Exclude<keyof Endpoints, Named<'query'>>;
  expectTypeOf<Endpoints[Others]['query']>().toEqualTypeOf<typeof requests.noParameters>();
});

test('bodies are those of the schemas', () => {
  expectTypeOf<{ [Name in Named<'body'>]: Body<Name> }>().toEqualTypeOf<{
    [Name in Named<'body'>]: z.input<NonNullable<Endpoints[Name]['body']>>;
  }>();
  type Others = Exclude<keyof Endpoints, Named<'body'>>;
  expectTypeOf<NonNullable<Endpoints[Others]['body']>>().toEqualTypeOf<typeof requests.noParameters>();
});
