import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ShortlistError } from '../../errors.js';
import { overloaded } from './load-bound.js';

/** Bytes of a body that is taken however many others are under way: their number is bounded by that of connections. */
const SMALL_BODY_BYTES = 16 * 1024;
/** Bytes of larger bodies that may be under way at once, in all connections together, if `maxBytes` is not larger still. */
const MAX_UNDER_WAY_BYTES = 64 * 2 ** 20;

const DECODERS: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  // Only newer versions of Node have it.
  zstd: (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress,
};
const NONE = Buffer.alloc(0);

/**
 * Reads bodies, with a bound for each and for all that are under way together: a client that sends slowly holds memory of
 * its own alone, and many of them no more than one process can bear.
 * @internal
 */
export class BodyReader {
  #underWay = 0;

  /**
   * @param maxBytes most of one body, after decompression
   * @param maxUnderWay most of all that are under way, small ones apart
   */
  constructor(
    private readonly maxBytes: number,
    private readonly maxUnderWay = Math.max(MAX_UNDER_WAY_BYTES, 2 * maxBytes),
  ) {}

  /**
   * The body of a request, decompressed. Of one that is refused the rest is read and thrown away, so that the client can
   * read the answer.
   * @param then is called once: with what was thrown, or with the body
   * @throws {ShortlistError} `unsupported-media-type`; calls `then` with `body-too-large`, `overloaded`, `malformed-request`
   */
  read(request: IncomingMessage, then: (error: unknown, body: Buffer) => void): void {
    const decoder = decoderOf(request);
    const announced = decoder ? 0 : Number(request.headers['content-length'] ?? 0);
    let error: unknown = this.#refusal(announced, announced);
    // One buffer, not a list of what came: a body of a million chunks must not cost a million objects.
    let body: Buffer = NONE;
    let bytes = 0;
    let counted = 0;
    let isDone = false;
    const hold = (room: number): void => {
      // What small bodies take is not counted.
      const held = Math.max(0, room - SMALL_BODY_BYTES);
      this.#underWay += held - counted;
      counted = held;
    };
    const stop = (thrown: unknown): void => {
      error ??= thrown;
      body = NONE;
      hold(0);
      if (!decoder) return;
      request.unpipe(decoder);
      decoder.destroy();
      request.resume();
    };
    const end = (): void => {
      if (isDone) return;
      isDone = true;
      if (!request.complete) stop(new ShortlistError('malformed-request', 'The connection ended before the body did.'));
      hold(0);
      then(error, body.subarray(0, bytes));
    };
    const take = (chunk: Buffer): void => {
      if (error) return;
      const needed = bytes + chunk.length;
      if (needed > body.length) {
        if (needed === announced && bytes === 0) body = chunk;
        else {
          const room = Math.max(needed, Math.min(2 * body.length, announced || this.maxBytes));
          const refused = this.#refusal(needed, room - counted);
          if (refused) {
            stop(refused);
            return;
          }
          hold(room);
          const larger = Buffer.allocUnsafe(room);
          body.copy(larger, 0, 0, bytes);
          body = larger;
        }
      }
      if (body !== chunk) chunk.copy(body, bytes);
      bytes = needed;
    };
    let open = decoder ? 2 : 1;
    const over = (): void => {
      if (--open === 0) end();
    };
    request.once('end', over);
    request.once('close', () => {
      if (!request.readableEnded) end();
    });
    if (!decoder) return void request.on('data', take);
    decoder.once('close', over);
    decoder.on('data', take);
    decoder.once('error', cause =>
      stop(new ShortlistError('malformed-request', `The body cannot be unpacked: ${cause.message}.`, {}, { cause })),
    );
    decoder.once('end', () => {
      // What follows what was packed is passed over.
      request.unpipe(decoder);
      request.resume();
    });
    request.pipe(decoder);
  }

  /** Why a body of so many bytes is not taken, which needs so much more room than it has. */
  #refusal(bytes: number, room: number): ShortlistError | undefined {
    if (bytes > this.maxBytes) {
      return new ShortlistError(
        'body-too-large',
        `The body is larger than this server takes: at most ${this.maxBytes} bytes. Send less at a time.`,
      );
    }
    const isFull = bytes > SMALL_BODY_BYTES && this.#underWay + room > this.maxUnderWay;
    return isFull ? overloaded() : undefined;
  }
}

function decoderOf({ headers }: IncomingMessage): Transform | undefined {
  const coding = (headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return undefined;
  const create = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (create) return create();
  const errors = [{ in: 'header', field: 'Content-Encoding', message: 'expected gzip, deflate, br or none' }];
  throw new ShortlistError('unsupported-media-type', 'The body is packed in a way that nobody here unpacks.', {
    errors,
  });
}
