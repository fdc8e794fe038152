import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** Before all tests, and in watch mode before every other run of some. */
export default function setup(project: TestProject): () => void {
  // Temporary files of all tests and of the processes that they start lie in one directory, which goes with them.
  const directory = mkdtempSync(join(tmpdir(), 'shortlist-tests-'));
  process.env.TMPDIR = directory;
  buildKernels();
  project.onTestsRerun(async () => buildKernels());
  return () => rmSync(directory, { recursive: true, force: true });
}

/** Compiles the kernels when a source of theirs is newer. Where that fails it says why, and the old ones stay. */
function buildKernels(): void {
  const sources = 'src/base/kernels/assembly';
  const built = statSync('dist/kernels.wasm', { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const isStale = readdirSync(sources).some(file => statSync(join(sources, file)).mtimeMs > built);
  if (isStale) spawnSync('npm', ['run', '-s', 'build:kernels'], { stdio: 'inherit' });
}
