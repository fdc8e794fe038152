import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';

/** How clients fare of which each comes with a connection of its own. */
export interface FreshConnections {
  readonly count: number;
  /** Milliseconds from connecting to the last byte of the reply. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Connections that ended otherwise than with a reply of status 2xx, or had none in time. */
  readonly failed: number;
}

/** Milliseconds after which a client gives up. */
const PATIENCE_MS = 20_000;

/**
 * Sends GETs of `paths` in turn, each on a new connection, whatever became of those before.
 * @param rate connections a second
 */
export async function sendFresh(
  url: string,
  paths: readonly string[],
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<FreshConnections> {
  const times = createHistogram();
  let failed = 0;
  const running: Promise<void>[] = [];
  const total = Math.max(1, Math.round(rate * seconds));
  const started = performance.now();
  for (let i = 0; i < total; i++) {
    await after(Math.max(0, started + (1000 / rate) * i - performance.now()));
    const sent = performance.now();
    running.push(
      statusOf(url, paths[i % paths.length]!).then(status => {
        if (status >= 200 && status < 300) times.record(Math.max(1, Math.round((performance.now() - sent) * 1000)));
        else failed++;
      }),
    );
  }
  await Promise.all(running);
  const at = (percentile: number) => (times.count === 0 ? 0 : times.percentile(percentile) / 1000);
  return { count: total, p50: at(50), p99: at(99), max: times.count === 0 ? 0 : times.max / 1000, failed };
}

/** 0 where there was no reply. */
function statusOf(url: string, path: string): Promise<number> {
  const { hostname, port, host } = new URL(url);
  return new Promise(resolve => {
    const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port), timeout: PATIENCE_MS });
    let start = '';
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    socket.on('data', chunk => {
      if (start.length < 12) start += chunk.toString('latin1', 0, 12);
    });
    socket.once('timeout', () => socket.destroy());
    socket.on('error', () => {});
    socket.once('close', () => resolve(Number(start.slice(9, 12))));
  });
}
