import { expect, test } from 'vitest';
import { Metrics } from '../../../src/serve/http/metrics.js';
import { serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

test('/metrics counts requests by operation, lists by tier and problems by code', async () => {
  const server = await serveForTest();
  try {
    for (const path of [
      '/v1/users/ann/recommendations',
      '/v1/users/bob/recommendations',
      '/v1/popular',
      '/v1/items/z',
    ]) {
      await fetch(server.url + path);
    }
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await response.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'shortlist_request_seconds_count{operation="recommendForUser"} 2',
        'shortlist_request_seconds_count{operation="popularItems"} 1',
        'shortlist_recommendations_total{source="model"} 1',
        'shortlist_recommendations_total{source="popularity"} 1',
        'shortlist_problems_total{code="unknown-item"} 1',
        'shortlist_overload_refusals_total 0',
        expect.stringMatching(/^shortlist_snapshot_age_seconds [1-9]\d+/),
        expect.stringMatching(/^nodejs_eventloop_lag_p99_seconds /),
      ]),
    );
  } finally {
    await server.close();
  }
});

test('recall: of every so many model lists, one is answered again exactly; without samples there is no figure', async () => {
  const recalls = [1, 0.8];
  const live = liveWith({ ...smallService(), recallOf: () => recalls.shift()! });
  const server = await serveForTest({ live, metrics: new Metrics(live, 2) });
  const figures = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return [...text.matchAll(/^shortlist_(?:live_recall|recall_samples_total) (\S+)$/gm)].map(([, value]) =>
      Number(value),
    );
  };
  try {
    expect(await figures()).toEqual([0]);
    for (const user of ['ann', 'bob', 'ann', 'ann', 'bob', 'ann', 'ann']) {
      await fetch(`${server.url}/v1/users/${user}/recommendations`);
    }
    // Every request above was answered before this one arrived, and its sample was taken in the turn that followed.
    expect(await figures()).toEqual([2, 0.9]);
  } finally {
    await server.close();
  }
});

test('every reply that is measured has its stages', async () => {
  const server = await serveForTest();
  try {
    await fetch(`${server.url}/v1/popular`);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    for (const stage of ['validate', 'answer', 'send']) {
      expect(text).toContain(`shortlist_stage_seconds_count{stage="${stage}"} 1\n`);
    }
    expect(text).toMatch(/^shortlist_event_loop_delay_seconds_bucket\{le="0.0005"\} \d+$/m);
  } finally {
    await server.close();
  }
});
