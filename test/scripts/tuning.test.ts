import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Run, runScript } from '../support/run-script.js';
import { smallData } from '../support/small-snapshot.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-tuning-'));
const out = join(directory, 'out');
// The first items of every user only: that leaves two to train with, one of them to validate with, so one fold.
const histories = Array.from(smallData.table.userIds, (id, user) => ({
  id,
  items: Array.from(smallData.table.items.filter((_, n) => smallData.table.users[n] === user).slice(0, 3)),
})).filter(({ items }) => items.length === 3);
const ratings = file(
  'ratings.csv',
  histories.flatMap(({ id, items }) => items.map(item => `${id},${item}`)),
);
const fixed = ['--factors', '4', '--iterations', '2', '--threads', '1', '--regularization-exponent', '1'];
/** Trials whose lines a killed process leaves behind whole. */
const KEPT = 14;

function file(name: string, rows: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, `${['userId,itemId', ...rows].join('\n')}\n`);
  return path;
}

// One free parameter: some twenty small trials.
function evaluate(...more: string[]): Promise<Run> {
  const data = ['--ratings', ratings, '--split', 'leave-last-out', '--k', '20,50'];
  return runScript('evaluate', [...data, ...fixed, '--unobserved-weight', '0.1', ...more]);
}

/** The finished trials without their times. */
function trialsIn(path: string): { rung: number; value: number; parameters: Record<string, number> }[] {
  const [, ...lines] = readFileSync(join(path, 'trials.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map(line => ({ ...JSON.parse(line), seconds: 0 }));
}

describe('evaluate --tune', () => {
  let whole: Run;
  beforeAll(async () => {
    whole = await evaluate('--tune', '--out', out, '--json');
  });

  test('searches, keeps trials and winner in files, and measures the winner on the test part', async () => {
    expect(whole.stderr).toMatch(/tune done in .* nothing left to try/);
    expect(whole.code).toBe(0);
    const { tuning, metrics, parameters } = JSON.parse(whole.stdout);
    const trials = trialsIn(out);
    const best = trials.filter(({ rung }) => rung === 2).toSorted((a, b) => b.value - a.value)[0]!;
    expect(tuning).toMatchObject({ trials: trials.length, complete: true, metric: 'ndcg@20', value: best.value });
    expect(tuning.best).toEqual({ iterations: 2, ...best.parameters });
    expect(tuning.path).toBe(join(out, 'parameters.json'));
    expect(JSON.parse(readFileSync(tuning.path, 'utf8'))).toEqual(tuning.best);
    expect(readFileSync(join(out, 'trials.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(1 + trials.length);
    expect(parameters).toMatchObject(best.parameters);
    // The winner from the file is measured alike.
    const again = await runScript('evaluate', [
      ...['--ratings', ratings, '--split', 'leave-last-out', '--k', '20,50', '--threads', '1', '--json'],
      ...['--parameters', tuning.path],
    ]);
    expect(JSON.parse(again.stdout).metrics).toEqual(metrics);
  });

  test('goes on where a killed process was, over half a line, to the same trials', async () => {
    const killed = join(directory, 'killed');
    cpSync(out, killed, { recursive: true });
    const lines = readFileSync(join(out, 'trials.jsonl'), 'utf8').split('\n');
    const whole = lines.slice(0, 1 + KEPT);
    writeFileSync(join(killed, 'trials.jsonl'), `${whole.join('\n')}\n${lines[1 + KEPT]!.slice(0, 30)}`);
    expect(await evaluate('--tune', '--out', killed, '--json')).toMatchObject({ code: 0 });
    expect(trialsIn(killed)).toEqual(trialsIn(out));
    // What was whole is kept with its times, the rest is measured anew.
    const now = readFileSync(join(killed, 'trials.jsonl'), 'utf8').split('\n');
    expect(now.slice(0, 1 + KEPT)).toEqual(whole);
    expect(now[1 + KEPT]).not.toBe(lines[1 + KEPT]);
  });

  test('starts no trial when earlier ones used the budget up, and prints the winning flags', async () => {
    const used = join(directory, 'used');
    cpSync(out, used, { recursive: true });
    const lines = readFileSync(join(out, 'trials.jsonl'), 'utf8').split('\n');
    writeFileSync(join(used, 'trials.jsonl'), `${lines.slice(0, 6).join('\n')}\n`);
    const { code, stdout, stderr } = await evaluate('--tune', '--out', used, '--budget', '0.0001');
    expect(code).toBe(0);
    expect(stderr).toMatch(/5 trials, budget used up\nNo setting was measured in full/);
    expect(stdout).toMatch(/^tuned by 5 trials/);
    expect(stdout).toMatch(
      /^ {2}--factors 4 --iterations 2 --regularization-exponent 1 --unobserved-weight 0.1 --regularization \S+$/m,
    );
    expect(trialsIn(used)).toHaveLength(5);
  });

  test('says so when the budget is too small for one trial', async () => {
    const { code, stderr } = await evaluate('--tune', '--budget', '0.00001', '--out', join(directory, 'none'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/--budget 0.00001 is too small for one trial, which takes at least \S+ minutes here/);
  });

  test('tunes given parts on the training part, against negatives of its own', async () => {
    const train = histories.flatMap(({ id, items: [a, b] }) => [`${id},${a}`, `${id},${b}`]);
    const { code, stdout } = await runScript('evaluate', [
      ...[
        '--train',
        file('train.csv', train),
        '--test',
        file(
          'test.csv',
          histories.map(h => `${h.id},${h.items[2]}`),
        ),
      ],
      ...[
        '--negatives',
        file(
          'negatives.csv',
          histories.flatMap(({ id }) => [`${id},x`, `${id},y`]),
        ),
      ],
      ...['--k', '1', ...fixed.slice(0, 6), '--regularization', '0.02', '--unobserved-weight', '0.1'],
      ...['--tune', '--out', join(directory, 'parts'), '--json'],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ protocol: 'listed-negatives', tuning: { metric: 'ndcg@1' } });
    expect(readFileSync(join(directory, 'parts', 'trials.jsonl'), 'utf8')).toMatch(
      /"split":"leave-last-out","negatives":"2 per user"/,
    );
  });
});
