import { connect, type Socket } from 'node:net';

/** A reply that is not what was asked for, or the code of what came instead of one. */
export type Failure = string;

/**
 * Clients that ask without a pause, each over one connection at a time, which it keeps until the server says
 * `Connection: close`. What a browser or a proxy would repeat counts as failed here.
 */
export class KeepAliveClients {
  answered = 0;
  /** Connections that replies have ended. */
  closed = 0;
  readonly failures: Failure[] = [];
  /** Whether a connection may be refused, which then ends the client: the server has ended. */
  mayBeRefused = false;
  #isOver = false;
  readonly #clients: Promise<void>[];

  /**
   * @param requests whole ones, of which each client sends the next, again and again
   * @param keepsAlive false: a new connection for each request
   */
  constructor(
    private readonly url: string,
    count: number,
    private readonly requests: readonly string[],
    private readonly keepsAlive = true,
  ) {
    this.#clients = Array.from({ length: count }, (_, i) => this.#run(i));
  }

  /** Resolves when every client has had this many more replies on average. */
  async answers(perClient: number): Promise<void> {
    const enough = this.answered + perClient * this.#clients.length;
    while (this.answered < enough) await new Promise(setImmediate);
  }

  /** Each client ends after its reply. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.ended();
  }

  /** Resolves when all have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#clients);
  }

  async #run(next: number): Promise<void> {
    let socket: Socket | undefined;
    while (!this.#isOver) {
      socket ??= await connected(this.url).catch((error: NodeJS.ErrnoException) => {
        if (!(error.code === 'ECONNREFUSED' && this.mayBeRefused)) this.failures.push(`connecting: ${error.code}`);
        return undefined;
      });
      if (!socket) return;
      const reply = await ask(socket, this.requests[next++ % this.requests.length]!);
      if (/^HTTP\/1\.1 [23]/.test(reply)) this.answered++;
      else this.failures.push(reply.split('\r\n', 1)[0]!);
      const isLast = !reply.startsWith('HTTP') || /^connection: close\r$/im.test(reply);
      if (!isLast && this.keepsAlive) continue;
      if (isLast) this.closed++;
      socket.destroy();
      socket = undefined;
    }
    socket?.destroy();
  }
}

export function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.setNoDelay(true);
    socket.on('error', reject);
  });
}

/** Sends a request. @returns its whole reply, or what came instead of one: `closed`, `ECONNRESET` */
export function ask(socket: Socket, request: string): Promise<string> {
  return new Promise(resolve => {
    let reply = '';
    const end = (outcome: string) => {
      socket.off('data', read).off('end', onClose).off('close', onClose).off('error', onError);
      resolve(outcome);
    };
    const read = (bytes: Buffer) => {
      reply += bytes.toString('latin1');
      const head = reply.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/^content-length: (\d+)\r$/im.exec(reply.slice(0, head + 1))?.[1]);
      if (reply.length >= head + 4 + length) end(reply);
    };
    const onError = (error: NodeJS.ErrnoException) => end(error.code ?? error.message);
    // A reply whose length is not told ends with its connection.
    const onClose = () => end(/\r\n\r\n/.test(reply) && !/^content-length:/im.test(reply) ? reply : 'closed');
    socket.on('data', read).on('end', onClose).on('close', onClose).on('error', onError);
    socket.write(request, 'latin1');
  });
}

/** A request as it is sent. */
export function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
}
