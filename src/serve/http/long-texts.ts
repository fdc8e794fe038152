import type { ServerResponse } from 'node:http';
import { ShortlistError } from '../../errors.js';
import { overloaded } from './load-bound.js';
import { LongText } from './long-text.js';

/** Bytes of long replies that may be in memory when one more begins, and the most that one may have. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Bounds the memory of all long replies together, until they are sent: their clients decide when they read them. */
export class LongTexts {
  #bytes = 0;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /**
   * An empty text for a reply, counted until the response is closed.
   * @throws {ShortlistError} `overloaded` where too much is unsent; as it grows, `invalid-request` where it is too long
   */
  begin(response: ServerResponse): LongText {
    if (this.#bytes >= this.maxBytes) throw overloaded();
    const text = new LongText(bytes => {
      if (text.bytes + bytes > this.maxBytes) throw this.#tooLong();
      this.#bytes += bytes;
    });
    response.once('close', () => {
      this.#bytes -= text.bytes;
    });
    return text;
  }

  #tooLong(): ShortlistError {
    const message = `expected less than makes a reply of ${this.maxBytes} bytes; ask for fewer users, items or attributes`;
    return new ShortlistError('invalid-request', 'The reply would be too long.', {
      errors: [{ in: 'body', field: 'limit', message }],
    });
  }
}
