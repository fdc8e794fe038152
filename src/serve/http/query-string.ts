import { parse } from 'node:querystring';
import { ShortlistError } from '../../errors.js';

/**
 * The parameters of a query string by name, on an object without prototype; repeated ones become arrays.
 * @throws {ShortlistError} `malformed-request` for a percent sign that is not the start of valid UTF-8
 */
export function parseQueryString(text: string): Record<string, unknown> {
  if (text.includes('%')) {
    try {
      decodeURIComponent(text);
    } catch {
      throw new ShortlistError(
        'malformed-request',
        'The query string is not valid percent-encoded UTF-8. Write a percent sign itself as %25.',
      );
    }
  }
  // The server bounds the length of URLs, so there is no need to bound the number of parameters, which would drop some.
  return parse(text, '&', '=', { maxKeys: 0 });
}
