import type { z } from 'zod';
import type { endpoints } from '../http/endpoints.js';
import type { Problem } from '../http/replies.js';

type Endpoints = typeof endpoints;
type Name = keyof Endpoints;
/** What an endpoint replies, from the schema that documents it. */
export type Reply<N extends Name> = z.output<Endpoints[N]['reply']>;
/** The query parameters of an endpoint, all of which have defaults. */
export type Query<N extends Name> = Partial<z.output<Endpoints[N]['query']>>;
/** The body of an endpoint, from the schema that checks it. */
export type Body<N extends Name> = Endpoints[N] extends { readonly body?: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never;

export interface ClientOptions {
  /** Sent with every request, an API key for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds to wait for a whole reply. Default 10,000. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** A reply that is not a success. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly status: number,
    /** Missing when the reply came from something else on the way, such as a proxy. */
    readonly problem: Problem | undefined,
  ) {
    super(problem?.detail ?? `The server answered with status ${status}.`);
  }
}

/** A method for every endpoint: the compiler refuses the client when one is missing. */
type Methods = Readonly<Record<Name, (...args: never[]) => Promise<unknown>>>;

/** The API as methods. Runs wherever `fetch` is, and carries no validation: the server does that. */
export class ShortlistClient implements Methods {
  readonly #baseUrl: string;
  readonly #options: ClientOptions;

  /** @param baseUrl where the service answers, such as `http://127.0.0.1:3000` */
  constructor(baseUrl: string, options: ClientOptions = {}) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#options = options;
  }

  recommendForUser(userId: string, query: Query<'recommendForUser'> = {}): Promise<Reply<'recommendForUser'>> {
    return this.#get(`/v1/users/${encodeURIComponent(userId)}/recommendations`, query);
  }

  /** For histories, long lists, and ids that contain a comma. */
  recommend(request: Body<'recommend'>): Promise<Reply<'recommend'>> {
    return this.#post('/v1/recommendations', request);
  }

  recommendBatch(request: Body<'recommendBatch'>): Promise<Reply<'recommendBatch'>> {
    return this.#post('/v1/recommendations/batch', request);
  }

  /** Resolves when the events are safe on disk. */
  logEvents(request: Body<'logEvents'>): Promise<Reply<'logEvents'>> {
    return this.#post('/v1/events', request);
  }

  similarItems(itemId: string, query: Query<'similarItems'> = {}): Promise<Reply<'similarItems'>> {
    return this.#get(`/v1/items/${encodeURIComponent(itemId)}/similar`, query);
  }

  popularItems(query: Query<'popularItems'> = {}): Promise<Reply<'popularItems'>> {
    return this.#get('/v1/popular', query);
  }

  findItems(query: Query<'findItems'> = {}): Promise<Reply<'findItems'>> {
    return this.#get('/v1/items', query);
  }

  item(itemId: string): Promise<Reply<'item'>> {
    return this.#get(`/v1/items/${encodeURIComponent(itemId)}`);
  }

  snapshot(): Promise<Reply<'snapshot'>> {
    return this.#get('/v1/snapshot');
  }

  /** Goes over to the current snapshot of the store. Needs an admin key. */
  reload(): Promise<Reply<'reload'>> {
    return this.#post('/v1/admin/reload', undefined);
  }

  /** Goes back to an earlier snapshot, by default the one before. Needs an admin key. */
  rollback(query: Query<'rollback'> = {}): Promise<Reply<'rollback'>> {
    return this.#post(`/v1/admin/rollback${queryString(query)}`, undefined);
  }

  live(): Promise<Reply<'live'>> {
    return this.#get('/health/live');
  }

  ready(): Promise<Reply<'ready'>> {
    return this.#get('/health/ready');
  }

  #get<T>(path: string, query: object = {}): Promise<T> {
    return this.#request(path + queryString(query), {});
  }

  #post<T>(path: string, body: unknown): Promise<T> {
    if (body === undefined) return this.#request(path, { method: 'POST' });
    const headers = { 'Content-Type': 'application/json' };
    return this.#request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #request<T>(path: string, init: { headers?: object; method?: string; body?: string }): Promise<T> {
    const { headers, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const response = await fetch(this.#baseUrl + path, {
      ...init,
      headers: { ...headers, ...init.headers },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return (await response.json()) as T;
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    const problem = isProblem ? ((await response.json()) as Problem) : undefined;
    throw new ProblemError(response.status, problem);
  }
}

/** Parameters as `?name=value&…`, or nothing where there are none. */
function queryString(query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) {
      if (Array.isArray(value) && String(one).includes(',')) {
        throw new TypeError(`"${one}" in ${name} contains a comma, which separates values there. Call recommend().`);
      }
      parameters.append(name, String(one));
    }
  }
  return parameters.size > 0 ? `?${parameters}` : '';
}
