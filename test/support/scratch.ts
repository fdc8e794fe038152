import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Temporary files of all tests and of the processes that they start lie in one directory, which goes with them. */
export default function scratch(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'shortlist-tests-'));
  process.env.TMPDIR = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
