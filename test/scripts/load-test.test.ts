import { describe, expect, test } from 'vitest';
import { runScript } from '../support/run-script.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

describe('load-test', () => {
  test('measures the service beside a bare route, at fixed rates, and under too much', async () => {
    const { store, manifest } = await buildSmallSnapshot({ sources: ['exact'] });
    await buildSmallSnapshot({ sources: ['clusters'], seed: 2 }, smallData, store);
    await store.makeCurrent(manifest.id);
    const quick = ['--rounds', '1', '--seconds', '0.2', '--overload-seconds', '1', '--compare', 'RECALL_SAMPLE=0'];
    quick.push('--reload-seconds', '2');
    const { code, stdout } = await runScript('load-test', ['--snapshots', store.directory, ...quick, '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ snapshot: manifest.id, items: 300, factors: 12, users: 120 });
    const names = ['Shortlist', 'bare Express', 'Shortlist RECALL_SAMPLE=0'];
    expect(report.servers.map(({ name }: { name: string }) => name)).toEqual(names);
    for (const { requestsPerSecond, cpuMicros, latencies } of report.servers) {
      expect(requestsPerSecond).toBeGreaterThan(0);
      expect(cpuMicros).toBeGreaterThan(0);
      expect(latencies.map(({ share }: { share: number }) => share)).toEqual([0.25, 0.5, 0.75]);
      for (const { due, unsent, accepted, refused, errors, other } of latencies) {
        expect(accepted.count + refused.count + unsent).toBe(due);
        expect(accepted.p50).toBeLessThanOrEqual(accepted.p999);
        expect([errors, other.count]).toEqual([0, 0]);
      }
    }
    expect(report.servers[1].ofBare).toBe(1);
    expect(report.reloads).toMatchObject({ mixed: 0, errors: 0, other: { count: 0 } });
    expect(Math.min(report.reloads.changes, report.reloads.compared, report.reloads.delays.looks)).toBeGreaterThan(0);
    expect(await store.current()).toBe(manifest.id);
    const { accepted, refused, unsent, due, memory, errors } = report.overload;
    expect(accepted.count + refused.count + unsent).toBe(due);
    expect([errors, memory.before > 0, memory.during > 0, memory.after > 0]).toEqual([0, true, true, true]);
  });

  test('attacks the service with normal clients beside it', async () => {
    const { store } = await buildSmallSnapshot({ sources: ['exact'] });
    const attacks = ['--hostile', '--attacks', 'batches,nonsense', '--hostile-seconds', '1'];
    const { code, stdout } = await runScript('load-test', ['--snapshots', store.directory, ...attacks, '--json']);
    expect(code).toBe(0);
    const { sieges } = JSON.parse(stdout);
    expect(sieges.map(({ attack }: { attack: string }) => attack)).toEqual(['nobody', 'batches', 'nonsense']);
    for (const { client, health, metrics, residentBytes } of sieges) {
      expect([client.accepted.count > 0, client.other.count, client.errors]).toEqual([true, 0, 0]);
      expect([health.failed, metrics.failed]).toEqual([0, 0]);
      expect(residentBytes).toBeGreaterThan(0);
    }
    expect(Object.keys(sieges[1].replies)).toContain('200');
    expect(Object.keys(sieges[2].replies)).not.toContain('200');
  });

  test.each(['http://192.0.2.1:3000', 'http://example.com', 'http://127.0.0.1.example.com', 'https://localhost', 'x'])(
    'puts nobody else’s server under load: %s',
    async url => {
      const { code, stderr } = await runScript('load-test', ['--url', url]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error \[usage\]: --url: expected /);
    },
  );
});
