import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from '../support/run-script.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

test('goes back to the snapshot before, and not to a damaged one', async () => {
  const { store, manifest: first } = await buildSmallSnapshot({ sources: ['exact'] });
  const { manifest: second } = await buildSmallSnapshot({ sources: ['exact'] }, smallData, store);
  const rollback = (...args: string[]) => runScript('rollback', ['--snapshots', store.directory, ...args]);

  const back = await rollback('--json');
  expect(JSON.parse(back.stdout)).toEqual({
    snapshot: first.id,
    previous: second.id,
    path: join(store.directory, first.id),
  });
  expect(await store.current()).toBe(first.id);
  expect(await rollback()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error \[no-earlier-snapshot\]: /),
  });
  expect(await rollback('--to', 'nothing')).toMatchObject({
    code: 1,
    stderr: `error [unknown-snapshot]: There is no snapshot "nothing". There are: ${second.id}, ${first.id}.\n`,
  });

  expect((await rollback('--to', second.id)).stdout).toBe(`${second.id} is the current snapshot, it was ${first.id}\n`);
  await appendFile(join(store.directory, first.id, 'gram.f64'), '!');
  expect(await rollback()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error \[snapshot-damaged\]: /) });
  expect(await store.current()).toBe(second.id);
});
