import { expect, test } from 'vitest';
import { serveForTest } from './running.js';

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
