import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf, ShortlistError } from '../../src/errors.js';

/** A running server that `load-test` measures. */
export interface LoadTarget {
  readonly name: string;
  /** Without a slash at the end. */
  readonly url: string;
  /** Where it answers for its health, if not there. */
  readonly healthUrl?: string;
}

/** What a server tells about itself at `/metrics`; NaN for what it does not tell. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

const START_TIMEOUT_MS = 60_000;

/** Servers as child processes on free ports of this machine. */
export class LoadTargets {
  readonly #children: ChildProcess[] = [];

  constructor() {
    // However the process ends, they end with it.
    process.once('exit', () => this.stop());
  }

  /** A Shortlist server, with more environment variables than this process has. */
  startShortlist(name: string, environment: Readonly<Record<string, string>>): Promise<LoadTarget> {
    return this.#start(name, '../../src/main.js', { ...environment, LOG_LEVEL: 'info', HOST: '127.0.0.1', PORT: '0' });
  }

  /** A bare Express route that sends `reply`, which is JSON. */
  startBare(reply: string): Promise<LoadTarget> {
    return this.#start('bare Express', './bare-server.js', { REPLY: reply });
  }

  stop(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }

  async #start(name: string, script: string, environment: Readonly<Record<string, string>>): Promise<LoadTarget> {
    const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL(script, import.meta.url))], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    try {
      // Both servers say where they listen in a line of JSON. The loop ends with the process at the latest.
      let healthUrl: string | undefined;
      for await (const line of createInterface(child.stdout)) {
        healthUrl ??= /"healthUrl":"(http:[^"]+)"/.exec(line)?.[1];
        const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
        if (url === undefined) continue;
        child.stdout.resume();
        return { name, url, ...(healthUrl !== undefined && { healthUrl }) };
      }
    } finally {
      clearTimeout(timer);
    }
    throw new ShortlistError('no-server', `The server "${name}" ended, or said nothing, before it listened.`, { name });
  }
}

/** @throws {ShortlistError} `no-server` when nothing answers there */
export async function readFigures({ url, healthUrl = url }: LoadTarget): Promise<ProcessFigures> {
  const text = await fetchText(`${healthUrl}/metrics`);
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return { cpuSeconds: figure('process_cpu_seconds_total'), residentBytes: figure('process_resident_memory_bytes') };
}

/** @throws {ShortlistError} `no-server` when there is no good answer */
export async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (response.ok) return await response.text();
    throw new Error(`status ${response.status}`);
  } catch (cause) {
    // What fetch throws says only that it failed; the reason is its cause.
    const reason = messageOf(cause instanceof Error && cause.cause ? cause.cause : cause);
    throw new ShortlistError('no-server', `${url} does not answer (${reason}).`, { url }, { cause });
  }
}

/** Text of `--url`: only this machine may be put under load, so that no one else's server is by mistake. */
export function loopbackUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:') throw new Error(`expected http://HOST:PORT, got "${text}"`);
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new Error(`expected an address of this machine (127.0.0.0/8, ::1 or localhost), got "${url.hostname}"`);
  }
  return url.origin;
}

/** Texts like `NAME=VALUE` as environment variables. */
export function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const [, name, value] = /^([A-Z_][A-Z0-9_]*)=(.*)$/.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new ShortlistError('invalid-option', `--compare takes NAME=VALUE, got "${pair}".`, { pair });
    }),
  );
}
