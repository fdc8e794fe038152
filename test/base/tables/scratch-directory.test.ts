import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { withScratchDirectory } from '../../../src/base/tables/scratch-directory.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const write = scratchDirectory();

test('a scratch directory is there for its work and gone after it, whether it succeeds or throws', async () => {
  const work = async (directory: string) => {
    writeFileSync(join(directory, 'file'), 'content');
    return directory;
  };
  expect(existsSync(await withScratchDirectory(work))).toBe(false);
  let failed = '';
  const failure = withScratchDirectory(async directory => {
    failed = await work(directory);
    throw new RangeError('no');
  });
  await expect(failure).rejects.toThrow(new RangeError('no'));
  expect(existsSync(failed)).toBe(false);
});

test('reading that is interrupted leaves no temporary files', () => {
  const duckdb = JSON.stringify(pathToFileURL('dist/src/base/tables/duckdb.js'));
  const program = write(
    'interrupted.mjs',
    `
    import { writeFileSync } from 'node:fs';
    import { withDuckDb } from ${duckdb};
    await withDuckDb(async ({ scratch }) => {
      writeFileSync(scratch + '/unpacked', 'ratings');
      process.exit(130);
    });`,
  );
  const directory = join(dirname(program), 'temporary');
  mkdirSync(directory);
  const { status, stderr } = spawnSync(process.execPath, [program], { env: { ...process.env, TMPDIR: directory } });
  expect({ status, stderr: String(stderr), left: readdirSync(directory) }).toEqual({
    status: 130,
    stderr: '',
    left: [],
  });
});
