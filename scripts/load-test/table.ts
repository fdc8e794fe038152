import { textTable } from '../command/text-table.js';
import type { Siege } from './hostile.js';
import type { Replies } from './paced-load.js';
import type { HostileReport, LoadTestReport } from './report.js';

/** The report for a terminal. */
export function loadTestTable(report: LoadTestReport): string {
  const { servers, reloads, overload } = report;
  return [
    `${report.items} items x ${report.factors} factors, ${report.users} users, replies of ${report.replyBytes} bytes`,
    '',
    textTable(
      ['server', 'requests/s', 'of bare', 'cpu us', 'of bare'],
      servers.map(({ name, requestsPerSecond, ofBare, cpuMicros }) => [
        name,
        requestsPerSecond.toFixed(0),
        percent(ofBare),
        cpuMicros.toFixed(0),
        percent(cpuMicros / servers[1]!.cpuMicros),
      ]),
    ),
    '',
    textTable(
      ['ms at a fixed rate', 'requests/s', 'p50', 'p99', 'p99.9', 'refused', 'unsent', 'errors'],
      servers.flatMap(({ name, latencies }) =>
        latencies.map(({ share, rate, accepted, refused, unsent, errors, other }) => [
          `${name}, ${percent(share)}`,
          rate.toFixed(0),
          ...times(accepted),
          String(refused.count),
          String(unsent),
          String(errors + other.count),
        ]),
      ),
    ),
    ...(reloads
      ? [
          '',
          `reloads: ${reloads.changes} changes of the snapshot in ${reloads.seconds.toFixed(0)} s, the slowest took ${reloads.slowestChangeMs.toFixed(0)} ms; ` +
            `of ${reloads.accepted.count} requests ${reloads.errors + reloads.other.count + reloads.refused.count} failed, p99 ${reloads.accepted.p99.toFixed(2)} ms; ` +
            `of ${reloads.compared} replies compared ${reloads.mixed} mixed, ${reloads.failed} failed`,
          textTable(
            ['event-loop delay above ms', ...Object.keys(reloads.delays.above)],
            [[`times of ${reloads.delays.looks}`, ...Object.values(reloads.delays.above).map(String)]],
          ),
        ]
      : []),
    ...(overload
      ? [
          '',
          `overload: ${overload.offered} requests/s due for ${overload.seconds.toFixed(0)} s, ${overload.unsent} of ${overload.due} not sent ` +
            `because every connection waited; ${overload.errors + overload.other.count} errors`,
          textTable(
            ['replies', 'a second', 'p50 ms', 'p99', 'p99.9'],
            (['accepted', 'refused'] as const).map(kind => [
              kind,
              (overload[kind].count / overload.seconds).toFixed(0),
              ...times(overload[kind]),
            ]),
          ),
          `memory before, during, after: ${[overload.memory.before, overload.memory.during, overload.memory.after].map(bytes => `${(bytes / 2 ** 20).toFixed(0)} MiB`).join(', ')}; ` +
            `recovered after ${overload.recoveryMs.toFixed(0)} ms`,
        ]
      : []),
  ].join('\n');
}

/** The report of attacks for a terminal. */
export function hostileTable({ items, factors, seconds, sieges }: HostileReport): string {
  return [
    `${items} items x ${factors} factors; each attack for ${seconds} s; milliseconds`,
    '',
    textTable(
      [
        'attack',
        'client p50',
        'p99',
        'failed',
        'new p50',
        'p99',
        'failed',
        'health max',
        'metrics max',
        'failed',
        'MiB',
      ],
      sieges.map(({ attack, client, newcomers, health, metrics, residentBytes }) => [
        attack,
        client.accepted.p50.toFixed(1),
        client.accepted.p99.toFixed(1),
        `${client.due - client.accepted.count} of ${client.due}`,
        newcomers.p50.toFixed(1),
        newcomers.p99.toFixed(1),
        `${newcomers.failed} of ${newcomers.count}`,
        health.max.toFixed(0),
        metrics.max.toFixed(0),
        `${health.failed + metrics.failed} of ${health.count + metrics.count}`,
        (residentBytes / 2 ** 20).toFixed(0),
      ]),
    ),
    '',
    ...sieges.map(siege => `${siege.attack}: ${siege.does}${repliesText(siege)}`),
  ].join('\n');
}

function repliesText({ replies, attackSeconds }: Siege): string {
  const told = Object.entries(replies).map(
    ([status, times]) => `${(times / attackSeconds).toFixed(1)} times ${status}`,
  );
  return told.length > 0 ? `; answered ${told.join(', ')} a second` : '';
}

function times({ p50, p99, p999 }: Replies): string[] {
  return [p50, p99, p999].map(ms => ms.toFixed(2));
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)}%`;
}
