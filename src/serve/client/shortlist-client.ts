import type { Api, Body, Query, Reply } from './api.js';
import { type Call, send } from './send.js';
import { pathSegment, queryString } from './url-parts.js';

export type * from './api.js';
export { NetworkError, ProblemError, TimeoutError } from './failures.js';
export { pages } from './pages.js';

/** Of all calls of a client. */
export interface ClientOptions {
  /** Sent as `Authorization: Bearer KEY`. */
  readonly apiKey?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds to wait for a whole reply, retries and the pauses between them included. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * Most times that a call is tried again when the server is too busy (status 503), after the pause that it asks for.
   * 0: never. Default 2. `logEvents` and `rollback` are tried again only where the server says that it has done nothing
   * yet (`overloaded`, `not-ready`), so that no event counts twice; `live` and `ready` never, since 503 is their answer.
   */
  readonly retries?: number;
}

/** Of one call. */
export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** In place of the client's. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_RETRIES = 2;

/** A method for every endpoint: the compiler refuses the client when one is missing. */
type Methods = Readonly<Record<keyof Api, (...args: never[]) => Promise<unknown>>>;

/**
 * The API as methods. Runs wherever `fetch` is, and carries no validation: the server does that. What a call rejects with:
 * `ProblemError` when the server answers with anything but the reply, `TimeoutError`, `NetworkError`, or the reason of
 * its signal. An argument that no request can carry throws a `TypeError`.
 */
export class ShortlistClient implements Methods {
  readonly #baseUrl: string;
  readonly #headers: Headers;
  readonly #timeoutMs: number;
  readonly #retries: number;

  /**
   * @param baseUrl where the service answers, such as `http://127.0.0.1:3000`
   * @throws {TypeError} for a key or headers that no request can carry
   */
  constructor(baseUrl: string, options: ClientOptions = {}) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#headers = new Headers(options.headers);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#retries = options.retries ?? DEFAULT_RETRIES;
    if (options.apiKey === undefined) return;
    // The key itself stays out of the message, which may end in a log.
    if (!/^[!-~]+$/.test(options.apiKey)) throw new TypeError('apiKey has to be printable ASCII without spaces.');
    this.#headers.set('Authorization', `Bearer ${options.apiKey}`);
  }

  recommendForUser(
    userId: string,
    query: Query<'recommendForUser'> = {},
    options?: CallOptions,
  ): Promise<Reply<'recommendForUser'>> {
    const user = pathSegment(userId, ' Call recommend().');
    return this.#get(`/v1/users/${user}/recommendations${queryString(query)}`, options);
  }

  /** For histories, long lists, and ids that contain a comma. */
  recommend(request: Body<'recommend'>, options?: CallOptions): Promise<Reply<'recommend'>> {
    return this.#post('/v1/recommendations', request, options);
  }

  recommendBatch(request: Body<'recommendBatch'>, options?: CallOptions): Promise<Reply<'recommendBatch'>> {
    return this.#post('/v1/recommendations/batch', request, options);
  }

  /**
   * Resolves when the events are safe on disk. When it rejects, none of them is logged if the problem has a status of 4xx
   * or the code `overloaded` or `not-ready`; otherwise some may be.
   */
  logEvents(request: Body<'logEvents'>, options?: CallOptions): Promise<Reply<'logEvents'>> {
    return this.#send(
      { method: 'POST', path: '/v1/events', body: JSON.stringify(request), retry: 'untouched' },
      options,
    );
  }

  similarItems(
    itemId: string,
    query: Query<'similarItems'> = {},
    options?: CallOptions,
  ): Promise<Reply<'similarItems'>> {
    return this.#get(`/v1/items/${pathSegment(itemId)}/similar${queryString(query)}`, options);
  }

  /** For long lists. */
  similar(request: Body<'similar'>, options?: CallOptions): Promise<Reply<'similar'>> {
    return this.#post('/v1/similar', request, options);
  }

  popularItems(query: Query<'popularItems'> = {}, options?: CallOptions): Promise<Reply<'popularItems'>> {
    return this.#get(`/v1/popular${queryString(query)}`, options);
  }

  findItems(query: Query<'findItems'> = {}, options?: CallOptions): Promise<Reply<'findItems'>> {
    return this.#get(`/v1/items${queryString(query)}`, options);
  }

  findCategories(query: Query<'findCategories'> = {}, options?: CallOptions): Promise<Reply<'findCategories'>> {
    return this.#get(`/v1/categories${queryString(query)}`, options);
  }

  item(itemId: string, options?: CallOptions): Promise<Reply<'item'>> {
    return this.#get(`/v1/items/${pathSegment(itemId)}`, options);
  }

  snapshot(options?: CallOptions): Promise<Reply<'snapshot'>> {
    return this.#get('/v1/snapshot', options);
  }

  /** Switches to the current snapshot of the store. Needs an admin key. */
  reload(options?: CallOptions): Promise<Reply<'reload'>> {
    return this.#send({ method: 'POST', path: '/v1/admin/reload', retry: 'always' }, options);
  }

  /** Goes back to an earlier snapshot, by default the one before. Needs an admin key. */
  rollback(query: Query<'rollback'> = {}, options?: CallOptions): Promise<Reply<'rollback'>> {
    const path = `/v1/admin/rollback${queryString(query)}`;
    return this.#send({ method: 'POST', path, retry: 'untouched' }, options);
  }

  live(options?: CallOptions): Promise<Reply<'live'>> {
    return this.#send({ method: 'GET', path: '/health/live', retry: 'never' }, options);
  }

  ready(options?: CallOptions): Promise<Reply<'ready'>> {
    return this.#send({ method: 'GET', path: '/health/ready', retry: 'never' }, options);
  }

  #get<T>(path: string, options?: CallOptions): Promise<T> {
    return this.#send({ method: 'GET', path, retry: 'always' }, options);
  }

  #post<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.#send({ method: 'POST', path, body: JSON.stringify(body), retry: 'always' }, options);
  }

  #send<T>(
    { path, ...call }: Omit<Call, 'url'> & { path: string },
    { signal, timeoutMs = this.#timeoutMs }: CallOptions = {},
  ): Promise<T> {
    return send(
      { ...call, url: this.#baseUrl + path },
      { headers: this.#headers, timeoutMs, retries: this.#retries, signal },
    );
  }
}
