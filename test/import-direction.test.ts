import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** A room of src and the rooms that it may import from; itself goes without saying. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = (() => {
  const base = ['errors', 'numeric', 'kernels'];
  const line = ['ratings', 'dataset', 'training', 'model', 'retrieval', 'snapshot', 'recommender', 'http'];
  const allowed: Record<string, string[]> = { errors: [], numeric: ['errors'], kernels: ['errors', 'numeric'] };
  line.forEach((room, i) => {
    allowed[room] = [...base, ...line.slice(0, i)];
  });
  allowed.events = [...base, 'ratings'];
  allowed.http!.push('events');
  allowed.evaluation = [...base, 'dataset', 'model', 'retrieval', 'recommender', 'training', 'snapshot', 'ratings'];
  allowed.exchange = [...base, 'ratings', 'dataset', 'training'];
  allowed.config = base;
  allowed.client = ['http'];
  allowed.build = [...base, ...line.slice(0, -2)];
  allowed['snapshot-switch'] = [...base, ...line];
  allowed.service = [...base, ...line, 'events', 'config', 'snapshot-switch'];
  allowed.processes = [];
  allowed.main = ['errors', 'config', 'service', 'processes'];
  return allowed;
})();

/** Rooms that the service loads. They must not pull in what only the offline side needs. */
const OFFLINE_ONLY = ['@duckdb/node-api', '@zip.js/zip.js', 'ml-kmeans', 'cli-progress'];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !file.startsWith(join('kernels', 'assembly')))
  .map(file => ({ file, room: roomOf(file), imports: importsOf(join('src', file)) }));

function roomOf(file: string): string {
  return normalize(file)
    .split(/[\\/]/)[0]!
    .replace(/\.(d\.)?ts$|\.js$/, '');
}

function importsOf(path: string): { from: string; typeOnly: boolean }[] {
  const source = readFileSync(path, 'utf8');
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|^import\s+()'([^']+)'/gm);
  return [...statements].map(match => ({ from: match[2] ?? match[4]!, typeOnly: match[1] !== undefined }));
}

describe('imports', () => {
  test('there are imports to look at', () => {
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  });

  test.each([...new Set(files.map(({ room }) => room))])('of src/%s point left only', room => {
    const wrong = files
      .filter(entry => entry.room === room)
      .flatMap(({ file, imports }) =>
        imports
          .filter(({ from }) => from.startsWith('.'))
          .map(({ from }) => roomOf(join(dirname(file), from)))
          .filter(target => target !== room && !ALLOWED[room]?.includes(target))
          .map(target => `${file} imports from ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('of the service reach nothing that only the offline side needs', () => {
    const byPath = new Map(files.map(entry => [normalize(entry.file), entry]));
    const reached = new Set<string>();
    const packages = new Set<string>();
    const visit = (path: string) => {
      const entry = byPath.get(path);
      if (!entry || reached.has(path)) return;
      reached.add(path);
      for (const { from, typeOnly } of entry.imports) {
        if (typeOnly) continue;
        if (from.startsWith('.')) visit(join(dirname(path), from.replace(/\.js$/, '.ts')));
        else packages.add(from);
      }
    };
    visit('main.ts');
    expect(reached.size).toBeGreaterThan(20);
    expect(packages).toContain('express');
    expect([...packages].filter(name => OFFLINE_ONLY.includes(name))).toEqual([]);
  });
});
