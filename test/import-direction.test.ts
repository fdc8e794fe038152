import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * What the files of a place may import from, beside their own place:
 * `base ← (learn | retrieve) ← snapshot ← recommend ← serve`. `measure` uses anything left of `serve`, a page uses the
 * client only, and the roots see everything and are imported by nobody.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'src/errors': [],
  'src/base': ['src/errors'],
  'src/learn': ['src/errors', 'src/base'],
  'src/retrieve': ['src/errors', 'src/base'],
  'src/snapshot': ['src/errors', 'src/base', 'src/learn', 'src/retrieve'],
  'src/recommend': ['src/errors', 'src/base', 'src/learn', 'src/retrieve', 'src/snapshot'],
  'src/measure': ['src/errors', 'src/base', 'src/learn', 'src/retrieve', 'src/snapshot', 'src/recommend'],
  'src/serve': ['src/errors', 'src/base', 'src/learn', 'src/retrieve', 'src/snapshot', 'src/recommend'],
  'scripts/command': ['src'],
};
/** Commands and their parts: each may use the frame, the sources, and nothing of another command. */
const OF_A_COMMAND = ['src', 'scripts/command'];

/** What the service loads must not pull in what only the offline side needs. */
const OFFLINE_ONLY = ['@duckdb/node-api', '@zip.js/zip.js', 'ml-kmeans', 'cli-progress'];

interface SourceFile {
  readonly path: string;
  readonly place: string;
  /** Files of the project that it imports, and the names of packages. */
  readonly imports: readonly { readonly to: string; readonly isPackage: boolean; readonly typeOnly: boolean }[];
}

const files = new Map(
  ['src', 'scripts']
    .flatMap(root => readdirSync(root, { recursive: true, encoding: 'utf8' }).map(file => join(root, file)))
    .filter(path => path.endsWith('.ts') && !path.includes(`${sep}assembly${sep}`))
    .map(path => [path, { path, place: placeOf(path), imports: importsOf(path) } satisfies SourceFile]),
);

/** `src/learn` for all in it; a file at the top of `src` or `scripts` is a place of its own, with the folder of its name. */
function placeOf(path: string): string {
  return normalize(path)
    .split(sep)
    .slice(0, 2)
    .join('/')
    .replace(/\.(d\.)?ts$/, '');
}

function importsOf(path: string): SourceFile['imports'] {
  const source = readFileSync(path, 'utf8');
  const statements = source.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|^import\s+()'([^']+)'|\b()import\('([^']+)'\)/gm,
  );
  return [...statements].map(match => {
    const from = match[2] ?? match[4] ?? match[6]!;
    const isPackage = !from.startsWith('.');
    const to = isPackage ? from : join(dirname(path), from).replace(/\.js$/, '.ts');
    return { to, isPackage, typeOnly: match[1] !== undefined };
  });
}

function isAllowed(from: string, to: string): boolean {
  if (from === to) return true;
  const isRoot = (place: string) => files.has(`${place}.ts`) && place !== 'src/errors';
  if (isRoot(to)) return false;
  if (isRoot(from) && from.startsWith('src/')) return to.startsWith('src/') || to === 'scripts/command';
  const allowed = ALLOWED[from] ?? (from.startsWith('scripts/') ? OF_A_COMMAND : []);
  return allowed.some(place => to === place || to.startsWith(`${place}/`));
}

describe('imports', () => {
  test('there are imports to look at, and all of them are found', () => {
    const between = [...files.values()].flatMap(({ imports }) => imports.filter(({ isPackage }) => !isPackage));
    expect(between.length).toBeGreaterThan(400);
    expect(between.map(({ to }) => to).filter(to => !files.has(to))).toEqual([]);
  });

  test.each([...new Set([...files.values()].map(({ place }) => place))])('of %s point where they may', place => {
    const wrong = [...files.values()]
      .filter(file => file.place === place)
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ to, isPackage }) => !isPackage && !isAllowed(place, placeOf(to)))
          .map(({ to }) => `${path} imports ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  test('of files make no circle', () => {
    expect(
      circlesAmong(new Map([...files.values()].map(({ path, imports }) => [path, imports.map(i => i.to)]))),
    ).toEqual([]);
  });

  test('that make a circle are found', () => {
    const circle = new Map([
      ['a', ['b', 'package']],
      ['b', ['c']],
      ['c', ['b', 'd']],
      ['d', []],
    ]);
    expect(circlesAmong(circle)).toEqual(['b → c → b']);
  });

  test('of the service reach nothing that only the offline side needs', () => {
    const { reached, packages } = reachedFrom(join('src', 'main.ts'));
    expect(reached.size).toBeGreaterThan(20);
    expect(packages).toContain('express');
    expect([...packages].filter(name => OFFLINE_ONLY.includes(name))).toEqual([]);
  });

  test('of the thread for health reach no package, so that it starts at once', () => {
    const { reached, packages } = reachedFrom(join('src', 'serve', 'health', 'thread.ts'));
    expect(reached).toContain(join('src', 'serve', 'health', 'server.ts'));
    expect([...packages].filter(name => !name.startsWith('node:'))).toEqual([]);
  });
});

/** The files that are loaded with one, and the packages. */
function reachedFrom(path: string, reached = new Set<string>(), packages = new Set<string>()) {
  const file = files.get(path);
  if (file && !reached.has(path)) {
    reached.add(path);
    for (const { to, isPackage, typeOnly } of file.imports) {
      if (typeOnly) continue;
      if (isPackage) packages.add(to);
      else reachedFrom(to, reached, packages);
    }
  }
  return { reached, packages };
}

/** Each circle that a walk along the imports meets, as text. */
function circlesAmong(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]) => {
    const at = way.indexOf(path);
    if (at >= 0) circles.push([...way.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) walk(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) walk(path, []);
  return circles;
}
