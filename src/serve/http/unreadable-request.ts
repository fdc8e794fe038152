import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, ShortlistError } from '../../errors.js';
import { problemOf } from './problem.js';
import { API_HEADERS, PROBLEM_TYPE } from './send-json.js';

/** What Node's parser gives up on, by the code of its error. Everything else is not HTTP. */
const CAUSES: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'The URL and the headers together are larger than this server takes.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive in time.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body-too-large', 'The chunk extensions of the body are too large.'],
};

const SECURITY = API_HEADERS.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${API_HEADERS[i + 1]}`] : []));

/** Answers, with a problem like any other, a request that never became one, and ends the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, message] = CAUSES[error.code ?? ''] ?? ['malformed-request', 'This is not a valid HTTP request.'];
  const problem = problemOf(new ShortlistError(code, message), 'none');
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
