import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The file that a worker runs. In a build that is `entry`, the .js file beside its caller. Where the sources themselves
 * run (tests, `npm run dev`) it is a bundle of the .ts file, made once a process: it starts as fast as a build, while a
 * TypeScript loader in every thread takes it five times as long, and works in the threads of any Node.
 */
export function workerProgram(entry: URL): URL {
  if (!import.meta.url.endsWith('.ts') || !entry.pathname.endsWith('.js')) return entry;
  const program = bundled.get(entry.href) ?? bundle(entry.href.replace(/\.js$/, '.ts'));
  bundled.set(entry.href, program);
  return program;
}

const bundled = new Map<string, URL>();

function bundle(source: string): URL {
  const { buildSync }: typeof import('esbuild') = createRequire(import.meta.url)('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    write: false,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    sourcemap: 'inline',
    // The bundle lies elsewhere, but finds what it reads as the source would.
    define: { 'import.meta.url': JSON.stringify(source) },
  });
  const program = new URL(
    `../../../node_modules/.cache/shortlist/${basename(source).replace(/\.ts$/, '.mjs')}`,
    import.meta.url,
  );
  const file = fileURLToPath(program);
  mkdirSync(dirname(file), { recursive: true });
  // Other processes may be reading it.
  writeFileSync(`${file}.${process.pid}`, outputFiles[0]!.contents);
  renameSync(`${file}.${process.pid}`, file);
  return program;
}
