import { createServer, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, ShortlistError } from '../../errors.js';
import { type AppOptions, createApp } from './app.js';
import { KEEP_ALIVE_MS, listen } from './listening.js';
import { mostConnections, OpenConnections } from './open-connections.js';
import { problemOf } from './problem.js';
import { API_HEADERS, PROBLEM_TYPE } from './send-json.js';
import { type Answering, type Drain, shutDown } from './shut-down.js';

export interface ServerOptions extends AppOptions {
  /** Most connections at once. Default, or 0: what the descriptors of the process allow, at most 16,384. */
  readonly maxConnections?: number;
  /** Most milliseconds for a client to send its whole request. */
  readonly requestTimeoutMs: number;
  /** Most milliseconds that requests get to finish once `close` was called. */
  readonly shutdownTimeoutMs: number;
}

export interface ServeOptions extends ServerOptions {
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
}

/** The API over connections that somebody else accepts. */
export interface ApiServer extends Answering {
  /** @param replaced whether others answer in its place, so that the service stays ready */
  drain(replaced?: boolean): void;
  /** Answers a connection, of which nothing was read yet. */
  adopt(socket: Socket): void;
}

export interface RunningServer {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /**
   * Takes no more connections, lets running requests finish, and resolves when all is quiet or the time is over.
   * @param drain for how long it listens before. Default: not at all.
   */
  close(drain?: Drain): Promise<void>;
}

/**
 * All headers together, in bytes. Above the default of Node, so that a URL that is somewhat too long gets an answer that
 * says so.
 */
const MAX_HEADER_BYTES = 32 * 1024;
/** Milliseconds for the headers alone: they come in one packet from any honest client. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Milliseconds between two checks for clients that are over their time; the default of Node is half a minute. */
const TIMEOUT_CHECK_MS = 1000;
/** Milliseconds without any byte in either direction after which a client that does not read its reply is dropped. */
const STALLED_MS = 75_000;

/** Milliseconds for a client that has connected to begin its request, once nobody else is let in. */
const SILENT_MS = 2000;

/**
 * Starts the API on a port of its own.
 * @throws {ShortlistError} `port-in-use`, or `cannot-listen` for any other reason why the address cannot be had
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { server, answering } = httpServer(options);
  const url = await listen(server, options.host, options.port);
  let closed: Promise<void> | undefined;
  return {
    url,
    close(drain) {
      closed ??= shutDown(server, answering, drain);
      return closed;
    },
  };
}

/** The API for connections that another process accepts. */
export function createApiServer(options: ServerOptions): ApiServer {
  const { server, answering } = httpServer(options);
  // Begins the checks for clients that are over their time, as if it listened itself.
  server.emit('listening');
  return {
    ...answering,
    adopt(socket) {
      // As the server makes them that it accepts.
      socket.allowHalfOpen = true;
      socket.setNoDelay(true);
      server.emit('connection', socket);
      socket.resume();
    },
  };
}

function httpServer(options: ServerOptions) {
  const { requestTimeoutMs, shutdownTimeoutMs } = options;
  const { listener, classes, accepted, drain, hold, release } = createApp(options);
  const server = createServer(
    {
      ...classes,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs),
      // The app refuses requests without a host itself, with a problem.
      requireHostHeader: false,
    },
    listener,
  );
  server.timeout = STALLED_MS;
  const connections = new OpenConnections(options.maxConnections || mostConnections());
  server.on('connection', socket => {
    accepted();
    connections.add(socket);
  });
  // An expectation that nobody knows is passed over, like an unknown header.
  server.on('checkExpectation', listener);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerUnreadable(error, socket, options.basePath));
  server.on('connect', (_request, socket) => {
    answerRaw(socket, new ShortlistError('method-not-allowed', 'This server is no proxy.'), options.basePath);
  });
  let finished: Promise<void> | undefined;
  const finish = async () => {
    release();
    // What has been idle since it was told to drain; everything else ends with its reply.
    server.closeIdleConnections();
    const silent = setTimeout(() => connections.endSilent(), SILENT_MS);
    const deadline = setTimeout(() => server.closeAllConnections(), shutdownTimeoutMs);
    await connections.whenNone();
    clearTimeout(silent);
    clearTimeout(deadline);
  };
  return {
    server,
    answering: {
      drain: (replaced = false) => drain(replaced),
      hold,
      finish() {
        finished ??= finish();
        return finished;
      },
    },
  };
}

/** What Node's parser gives up on, by the code of its error. Everything else is not HTTP. */
const UNREADABLE: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'The URL and the headers together are larger than this server takes.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive in time.'],
  HPE_INVALID_URL: [
    'malformed-request',
    'The URL holds characters that it may not. Other than ASCII ones are percent-encoded UTF-8: %C3%A9 for é.',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body-too-large', 'The chunk extensions of the body are too large.'],
};

const SECURITY = API_HEADERS.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${API_HEADERS[i + 1]}`] : []));

/** Answers, with a problem like any other, a request that never became one, and ends the connection. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex, prefix: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, message] = UNREADABLE[error.code ?? ''] ?? ['malformed-request', 'This is not a valid HTTP request.'];
  answerRaw(socket, new ShortlistError(code, message), prefix);
}

function answerRaw(socket: Duplex, error: ShortlistError, prefix: string): void {
  const problem = problemOf(error, 'none', prefix);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      ...SECURITY,
      '',
      body,
    ].join('\r\n'),
  );
}
