import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, ShortlistError } from '../../errors.js';
import { type AppOptions, createApp } from './app.js';
import { answerUnreadable } from './unreadable-request.js';

export interface ServeOptions extends AppOptions {
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
  /** Most milliseconds for a client to send its whole request. */
  readonly requestTimeoutMs: number;
  /** Most milliseconds that requests get to finish once `close` was called. */
  readonly shutdownTimeoutMs: number;
}

export interface RunningServer {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /** Takes no more connections, lets running requests finish, and resolves when all is quiet or the time is over. */
  close(): Promise<void>;
}

/**
 * All headers together, in bytes. Above the default of Node, so that a URL that is somewhat too long gets an answer that
 * says so.
 */
const MAX_HEADER_BYTES = 32 * 1024;
/** Milliseconds for the headers alone: they come in one packet from any honest client. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Milliseconds between looks for clients that are over their time; the default of Node is half a minute. */
const TIMEOUT_CHECK_MS = 1000;
/**
 * Connections that may wait to be accepted; the system has a bound of its own, often the same. Of more that come at
 * once, some would be answered only after their client repeated itself, seconds later.
 */
const BACKLOG = 4096;
/** Milliseconds an idle connection stays open: longer than the 60 s of common load balancers, who must close first. */
const KEEP_ALIVE_MS = 65_000;
/** Milliseconds without any byte in either direction after which a client that does not read its reply is dropped. */
const STALLED_MS = 75_000;

/**
 * Starts the API on a port of its own.
 * @throws {ShortlistError} `port-in-use`, or `cannot-listen` for any other reason why the address cannot be had
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { requestTimeoutMs } = options;
  const { listener, classes } = createApp(options);
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
  server.on('clientError', answerUnreadable);
  await listening(server, options.host, options.port);
  const { address, family, port } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${host}:${port}`,
    close() {
      options.serving.stop();
      closed ??= drained(server, options.shutdownTimeoutMs);
      return closed;
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const fields = { host, port, cause: cause.code };
      const error =
        cause.code === 'EADDRINUSE'
          ? new ShortlistError(
              'port-in-use',
              `Port ${port} on ${host} is taken by another process. Stop that one, or choose another port with PORT.`,
              fields,
              { cause },
            )
          : new ShortlistError(
              'cannot-listen',
              `Cannot listen on ${host}, port ${port}: ${messageOf(cause)}. Set HOST to an address of this machine and PORT to one this user may use.`,
              fields,
              { cause },
            );
      reject(error);
    });
    server.listen(port, host, BACKLOG, resolve);
  });
}

async function drained(server: Server, timeoutMs: number): Promise<void> {
  // Ends idle connections at once. The others end with their reply, which says so from now on.
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearTimeout(deadline);
}
