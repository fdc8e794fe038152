import type { IncomingMessage } from 'node:http';
import { ShortlistError } from '../../errors.js';

/** Host and port as RFC 3986 writes them, without a user: a name or an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:\[[\w.:~-]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d*)?$/i;
/** What a client sends that takes the server for a proxy: the whole URL. */
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;

/**
 * Checks what Node leaves to us of the rules for the head of a request (RFC 9112, section 3), and that a request which only
 * reads brings no body, which nobody would look at. A whole URL as the target becomes its path.
 * @throws {ShortlistError} `malformed-request`, `url-too-long`, `invalid-request`
 */
export function checkHead(request: IncomingMessage, maxUrlLength: number): void {
  const { url = '', method, headers } = request;
  checkHost(request);
  if (url.length > maxUrlLength) {
    throw new ShortlistError(
      'url-too-long',
      `The URL has ${url.length} characters, at most ${maxUrlLength} are taken. Long lists go into a POST.`,
    );
  }
  if (!url.startsWith('/') || url.includes('#')) request.url = pathOf(url);
  if ((method === 'GET' || method === 'HEAD') && hasBody(headers)) {
    throw new ShortlistError(
      'invalid-request',
      `A ${method} takes no body here. What it asks for goes into the path and the query.`,
      { errors: [{ in: 'body', field: '', message: 'expected no body' }] },
    );
  }
}

/** Whether there is a body, be it of unknown length. */
export function hasBody(headers: IncomingMessage['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function checkHost({ headers, httpVersion, rawHeaders }: IncomingMessage): void {
  const { host } = headers;
  if (host === undefined) {
    if (httpVersion === '1.1') throw wrongHost('A request of HTTP/1.1 needs a Host header.', 'none');
    return;
  }
  if (!HOST.test(host))
    throw wrongHost('The Host header is not a host with or without a port.', `"${host.slice(0, 100)}"`);
  // Of several, Node shows only the first.
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) throw wrongHost(`A request has one Host header, not ${hosts}.`, String(hosts));
}

function wrongHost(message: string, got: string): ShortlistError {
  const errors = [{ in: 'header', field: 'Host', message: `expected one host, such as example.org:3000, got ${got}` }];
  return new ShortlistError('malformed-request', message, { errors });
}

/** The path and query of a target that is not one already. */
function pathOf(target: string): string {
  const [, host, path] = ABSOLUTE.exec(target) ?? [];
  if (host && path !== undefined && HOST.test(host)) return path.startsWith('/') ? path : `/${path}`;
  if (target === '*') return target;
  throw new ShortlistError(
    'malformed-request',
    'The target of a request is a path that starts with /, or a whole URL of http or https, without a fragment (#).',
  );
}
