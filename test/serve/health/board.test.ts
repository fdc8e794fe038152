import { describe, expect, test } from 'vitest';
import { HealthBoard, HUNG_MS } from '../../../src/serve/health/board.js';

const ok = { status: 200, body: { status: 'ok' } };
const loading = { status: 503, body: { code: 'not-ready' } };

function boardAt() {
  const clock = { ms: 0 };
  return { clock, board: new HealthBoard(() => clock.ms) };
}

describe('what is known of the processes', () => {
  test('alive and not ready before the first report', () => {
    const { board } = boardAt();
    expect(board.live().status).toBe(200);
    expect(board.ready()).toMatchObject({ status: 503, body: { code: 'not-ready' } });
  });

  test('ready as soon as one is, with what it says', () => {
    const { board } = boardAt();
    board.report(1, loading);
    expect(board.ready()).toBe(loading);
    board.report(2, ok);
    expect(board.ready()).toBe(ok);
    board.forget(2);
    expect(board.ready()).toBe(loading);
  });

  test('neither alive nor ready once the last one has not reported for too long, until it does again', () => {
    const { board, clock } = boardAt();
    board.report(1, ok);
    clock.ms = 1;
    board.report(2, ok);
    clock.ms = HUNG_MS + 1;
    expect([board.live().status, board.ready().status]).toEqual([200, 200]);
    clock.ms = HUNG_MS + 2;
    expect([board.live().status, board.ready().status]).toEqual([503, 503]);
    board.report(1, ok);
    expect([board.live().status, board.ready().status]).toEqual([200, 200]);
  });

  test('a shutdown makes it not ready, and leaves it alive', () => {
    const { board } = boardAt();
    board.report(1, ok);
    board.stop();
    expect([board.live().status, board.ready().status]).toEqual([200, 503]);
  });
});
