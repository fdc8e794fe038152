import { expect, test } from 'vitest';
import { Trouble } from '../../../src/recommend/events/trouble.js';

function watched() {
  const reports: string[] = [];
  const time = { ms: 0 };
  const trouble = new Trouble(
    'The log',
    message => reports.push(message),
    () => time.ms,
  );
  return { trouble, reports, time };
}

test('is told when it begins and when it ends, with how often it failed', () => {
  const { trouble, reports, time } = watched();
  trouble.worked();
  for (let i = 0; i < 1000; i++) {
    time.ms += 100;
    trouble.failed('the disk is full');
    expect(trouble.isFailing).toBe(true);
  }
  trouble.worked();
  trouble.worked();
  expect(trouble.isFailing).toBe(false);
  expect(reports).toEqual([
    'The log cannot be used: the disk is full. It is tried again; further failures are only counted.',
    'The log can be used again, after 1000 failures in 100 seconds.',
  ]);
});

test('that comes and goes, or has another cause each time, is told every ten seconds', () => {
  const { trouble, reports, time } = watched();
  for (let i = 0; i < 100; i++) {
    trouble.failed('the disk is full');
    trouble.worked();
    time.ms += 1000;
  }
  expect(reports).toHaveLength(2 * 10);
  reports.length = 0;
  for (let i = 0; i < 100; i++) {
    trouble.failed(`cause ${i}`);
    time.ms += 1000;
  }
  expect(reports).toHaveLength(10);
});
