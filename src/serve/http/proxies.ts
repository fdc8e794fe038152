import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import express from 'express';

/** What stands between the clients and this server. */
export interface ProxyOptions {
  /**
   * Whose `X-Forwarded-For` and `X-Forwarded-Prefix` are believed, as the setting `trust proxy` of Express says it: so many
   * proxies in front, or their addresses, subnets, or `loopback`, `linklocal` and `uniquelocal`. 0: nobody's.
   */
  readonly trustProxy: number | readonly string[];
  /** Path below which clients see the API, such as `/recommendations`, which a proxy may take off or leave. Empty: none. */
  readonly basePath: string;
}

/** Segments of unreserved characters: such a prefix is harmless in a link and leads to no other host. */
const PREFIX = /^(?:\/[\w.~-]+)+$/;

/** Characters of an address; the zone of a longer one would be of any length. */
const LONGEST_ADDRESS = 45;

/** Tells what proxies in front know better of a request than its connection does. */
export class Proxies {
  readonly #trusts: (address: string, hop: number) => boolean;
  readonly #basePath: string;

  constructor({ trustProxy, basePath }: ProxyOptions) {
    const app = express().set('trust proxy', typeof trustProxy === 'number' ? trustProxy : [...trustProxy]);
    this.#trusts = app.get('trust proxy fn');
    this.#basePath = basePath;
  }

  /** The address of the client: the nearest one that is none of a trusted proxy. */
  addressOf({ socket, headers }: IncomingMessage): string {
    let address = socket.remoteAddress ?? '';
    const before = String(headers['x-forwarded-for'] ?? '').split(',');
    for (let hop = 0; this.#trusts(address, hop); hop++) {
      const next = withoutPort(before.pop()?.trim() ?? '');
      if (isIP(next) === 0 || next.length > LONGEST_ADDRESS) break;
      address = next;
    }
    return address;
  }

  /** The path below which the client sees the API. Links begin with it. */
  prefixOf(request: IncomingMessage & { readonly baseUrl?: string }): string {
    const { socket, headers, baseUrl = '' } = request;
    const given = headers['x-forwarded-prefix'];
    if (given === undefined || !this.#trusts(socket.remoteAddress ?? '', 0)) return this.#basePath + baseUrl;
    // Of several proxies, each adds what it took off.
    const prefix = String(given)
      .split(',')
      .map(part => part.trim().replace(/\/$/, ''))
      .join('');
    return (PREFIX.test(prefix) ? prefix : this.#basePath) + baseUrl;
  }

  /** A URL as the routes know it: without the base path, where a proxy has left it. */
  pathOf(url: string): string {
    const base = this.#basePath;
    if (base === '' || !url.startsWith(base)) return url;
    const rest = url.slice(base.length);
    if (rest.startsWith('/')) return rest;
    return rest === '' || rest.startsWith('?') ? `/${rest}` : url;
  }
}

/** Some proxies write the port as well: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(address: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
}
