import type { ServerResponse } from 'node:http';

export interface JsonReply {
  readonly status: number;
  readonly value: unknown;
  readonly requestId: string;
  /** Default `application/json`. */
  readonly type?: string;
  /** Whether to end the connection after this reply. */
  readonly last: boolean;
}

/**
 * Sends a whole reply: all headers and the body in one go, which is what Node does fastest, and without the hash that
 * Express makes of every body for caches, which no one would ask for again.
 */
export function sendJson(response: ServerResponse, { status, value, requestId, type, last }: JsonReply): void {
  const text = JSON.stringify(value);
  const headers: [string, string, ...(string | number)[]] = [
    'Content-Type',
    `${type ?? 'application/json'}; charset=utf-8`,
    'Content-Length',
    Buffer.byteLength(text),
    'X-Content-Type-Options',
    'nosniff',
    'X-Request-Id',
    requestId,
  ];
  if (last) headers.push('Connection', 'close');
  response.writeHead(status, headers).end(text);
}
