import type { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import type { Serving } from '../../recommend/serving.js';
import type { FieldError } from './replies.js';
import { noParameters } from './requests.js';

/** What an endpoint is given: the three parts of a request, each checked against its schema. */
export interface EndpointInput<Path, Query, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
}

/** What an answer may hand out without a copy. */
type ReadonlyDeep<T> = T extends object ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> } : T;

/** Ways in which an endpoint can fail, each with the part of the request that causes it, or null where none does. */
export type Failures = Readonly<Partial<Record<ErrorCode, Omit<FieldError, 'message'> | null>>>;

/** What a key has to be good for, where there are keys. `open` never needs one. */
export type Access = 'open' | 'read' | 'write' | 'admin';

/** One operation of the API. Validation, routing, OpenAPI and the client all come from this. */
export interface Endpoint<
  Path extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: 'get' | 'post';
  readonly access: Access;
  /** With parameters in braces, as OpenAPI writes them. */
  readonly url: string;
  readonly summary: string;
  readonly path: Path;
  readonly query: Query;
  /** Only where there is one. */
  readonly body?: Body;
  readonly reply: Reply;
  /** Beside those that every endpoint shares. */
  readonly failures: Failures;
  answer(
    serving: Serving,
    input: EndpointInput<z.output<Path>, z.output<Query>, z.output<Body>>,
    /** To be awaited between the parts of a long answer; rejects when the request has run out of time. */
    nextTurn: () => Promise<void>,
  ): ReadonlyDeep<z.output<Reply>> | Promise<ReadonlyDeep<z.output<Reply>>>;
}

type Nothing = typeof noParameters;

/** An endpoint without what it does not say: it reads, no path parameters, no query parameters, no failures of its own. */
export function endpoint<
  Reply extends z.ZodType,
  Path extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(
  parts: Pick<Endpoint<Path, Query, Body, Reply>, 'method' | 'url' | 'summary' | 'reply' | 'answer'> & {
    path?: Path;
    query?: Query;
    body?: Body;
    failures?: Failures;
    access?: Access;
  },
): Endpoint<Path, Query, Body, Reply> {
  // The cast is sound: a schema type parameter is `Nothing` exactly when its schema was left out.
  const presets = { access: 'read', path: noParameters, query: noParameters, failures: {} };
  return { ...presets, ...parts } as Endpoint<Path, Query, Body, Reply>;
}
