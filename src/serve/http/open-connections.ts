import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Descriptors that are kept for all else: the log of events, files of snapshots, threads, and what a process begins with. */
const RESERVED = 96;
/** Most connections unless told otherwise: an idle one takes about ten kilobytes. */
const MOST = 16_384;
/** Connections looked at to make room for one. */
const LOOKS = 64;

/**
 * Bounds the connections that are open at once. Beyond the bound a new one takes the place of one that is of no use: it
 * has got no reply since it was last looked at, and waits for none. So clients that only hold connections, be it by sending
 * nothing or a byte now and then, keep nobody out. Requests cost nothing here.
 */
export class OpenConnections {
  /** In the order in which they are looked at, with the bytes that each had been sent by the last time. */
  readonly #open = new Map<Socket, number>();
  #onNone = () => {};

  /** @param max most connections at once */
  constructor(private readonly max: number) {}

  add(socket: Socket): void {
    if (this.#open.size >= this.max && !this.#makeRoom()) return void socket.destroy();
    this.#open.set(socket, 0);
    socket.once('close', () => this.#open.delete(socket) && this.#open.size === 0 && this.#onNone());
  }

  /** Ends those that have sent nothing yet. */
  endSilent(): void {
    for (const socket of this.#open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Resolves when none is open. */
  async whenNone(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>(resolve => {
      this.#onNone = resolve;
    });
  }

  #makeRoom(): boolean {
    // Nobody is looked at twice, where little can have changed.
    let looks = Math.min(LOOKS, this.#open.size);
    for (const [socket, sent] of this.#open) {
      if (looks-- === 0) return false;
      this.#open.delete(socket);
      if (socket.bytesWritten === sent && !awaitsReply(socket)) {
        socket.destroy();
        return true;
      }
      // Looked at again after all others.
      this.#open.set(socket, socket.bytesWritten);
    }
    return false;
  }
}

/** Whether a whole request has come whose reply has not gone. Node keeps the response that is under way in a property. */
function awaitsReply(socket: Socket & { readonly _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.req.complete === true;
}

/** As many connections as the descriptors of this process allow, with some kept for all else. */
export function mostConnections(): number {
  return Math.min(Math.max(openFiles() - RESERVED, 1), MOST);
}

/** How many descriptors this process may have. Node has raised it to what it could be at its start. */
function openFiles(): number {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    // Not Linux, where other systems have either no such bound or a much higher one.
    return Infinity;
  }
}
