import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sampleUsers } from '../../scripts/benchmark/measurements.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import { runScript } from '../support/run-script.js';
import { buildSmallSnapshot } from '../support/small-snapshot.js';

describe('benchmark', () => {
  test('measures every source and writes the report', async () => {
    const { store, manifest } = await buildSmallSnapshot();
    const out = mkdtempSync(join(tmpdir(), 'shortlist-benchmark-'));
    const sizes = ['--k', '20', '--queries', '30', '--rounds', '1', '--growth', '1000,2000', '--hnsw-ip'];
    const { code, stdout } = await runScript('benchmark', [
      '--snapshots',
      store.directory,
      ...sizes,
      '--out',
      out,
      '--json',
    ]);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const report = JSON.parse(stdout);
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report);
    expect(report).toMatchObject({ items: 300, factors: 12, k: 20, queries: 30, snapshot: manifest.id });
    expect(Object.keys(report.machine)).toEqual(['cpu', 'cores', 'memoryBytes', 'system', 'node']);
    expect(new Set(report.points.map((point: { source: string }) => point.source))).toEqual(
      new Set(['exact', 'clusters', 'hnsw', 'hnsw ip']),
    );
    const figures = 'source parameters recall recallAt10 p50us p95us p99us qps buildSeconds bytes certified'.split(' ');
    for (const point of report.points) expect(Object.keys(point)).toEqual(expect.arrayContaining(figures));
    expect(report.points[0]).toMatchObject({
      source: 'exact',
      recall: 1,
      recallAt10: 1,
      scoreLossAt10: 0,
      certified: 1,
    });
    expect(report.chosen).toMatchObject({ source: manifest.retrieval.operatingPoint.source });
    expect(
      report.slices.byPopularity.map((slice: { count: number }) => slice.count).reduce((a: number, b: number) => a + b),
    ).toBe(600);
    expect(report.production.coldStart.tier).toBe('popularity');
    expect(report.growth.points.map((point: { items: number }) => point.items)).toEqual([1000, 2000]);

    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page.match(/<figure/g)).toHaveLength(4);
    // The page stands alone: nothing in it is loaded from elsewhere.
    expect(page).not.toMatch(/<script|<link|<img|src=|@import/);
    expect(page).toContain(manifest.id);
  });

  test('asks for users with a history, and for any where nobody has one', async () => {
    const { store } = await buildSmallSnapshot();
    const snapshot = await loadNewestSnapshot(store, message => expect.fail(message));
    const starts = new Uint32Array(snapshot.users.size + 1);
    const unrated = { ...snapshot, seen: { ...snapshot.seen, starts } };
    expect(sampleUsers(unrated, 30, 1)).toHaveLength(30);
    starts.fill(4, 8);
    expect(sampleUsers(unrated, 30, 1)).toEqual(Uint32Array.of(7));
  });

  test('says where a snapshot would be looked for', async () => {
    const { code, stdout, stderr } = await runScript('benchmark', ['--snapshots', join(tmpdir(), 'shortlist-none')]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error \[no-snapshot\]: /);
  });
});
