import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RawReply {
  readonly status: number;
  /** With every header line as it came. */
  readonly head: string;
  readonly body: string;
}

/**
 * Sends bytes as they are, for requests that no client would make: text stands for one byte a character. The request must
 * make the server end the connection.
 */
export async function sendRaw(url: string, ...parts: (string | Uint8Array)[]): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
  const reply = await text(socket);
  const end = reply.indexOf('\r\n\r\n');
  return { status: Number(reply.split(' ')[1]), head: reply.slice(0, end), body: reply.slice(end + 4) };
}
