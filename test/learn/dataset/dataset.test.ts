import { describe, expect, test } from 'vitest';
import { rowIndices, rowValues } from '../../../src/base/numeric/sparse.js';
import { createDataset, interactionsOf, reorderItems } from '../../../src/learn/dataset/dataset.js';
import { IdMap, type ItemIndex } from '../../../src/learn/dataset/id-map.js';
import type { RatingsTable } from '../../../src/learn/ratings/ratings-table.js';

const table: RatingsTable = {
  userIds: ['u1', '01'],
  itemIds: ['a', 'b', 'c'],
  users: Uint32Array.of(0, 1, 0),
  items: Uint32Array.of(2, 0, 1),
  values: Float32Array.of(5, 3, 1),
  timestamps: Float64Array.of(30, 20, 10),
  rated: true,
  duplicates: 0,
  rejected: 0,
};

describe('IdMap', () => {
  test('keeps ids apart that differ only in how a number is written', () => {
    const map = new IdMap<ItemIndex>(['1', '01', '1.0', ' 1', '__proto__']);
    expect(map.ids.map(id => map.indexOf(id))).toEqual([0, 1, 2, 3, 4]);
    expect(map.indexOf('constructor')).toBeUndefined();
    expect(map.idOf(1 as ItemIndex)).toBe('01');
  });

  test('refuses repeated ids and indices that are not its own', () => {
    expect(() => new IdMap(['a', 'a'])).toThrow(/unique/);
    expect(() => new IdMap<ItemIndex>(['a']).idOf(1 as ItemIndex)).toThrow(/outside/);
  });
});

describe('createDataset', () => {
  test('has the same entries both ways, with their times', () => {
    const dataset = createDataset(table);
    expect([...rowIndices(dataset.byUser, 0)]).toEqual([1, 2]);
    expect([...rowValues(dataset.byUser, 0)]).toEqual([1, 5]);
    expect([...rowIndices(dataset.byItem, 0)]).toEqual([1]);
    expect([...(dataset.timestamps ?? [])]).toEqual([10, 30, 20]);
  });

  test('makes room for ids that only another file has', () => {
    const other = { ...table, userIds: ['new', '01'], itemIds: ['z', 'c', 'a'] };
    const dataset = createDataset(table, other);
    expect(dataset.users.ids).toEqual(['u1', '01', 'new']);
    expect(dataset.items.ids).toEqual(['a', 'b', 'c', 'z']);
    expect(dataset.byUser.rows).toBe(3);
    const test = interactionsOf(other, dataset);
    expect([...rowIndices(test, 2)]).toEqual([0, 2]);
    expect([...rowIndices(test, 1)]).toEqual([3]);
  });
});

describe('reorderItems', () => {
  test('renumbers the items and nothing else', () => {
    const dataset = createDataset(table);
    const reordered = reorderItems(dataset, Uint32Array.of(2, 0, 1));
    expect(reordered.items.ids).toEqual(['c', 'a', 'b']);
    expect([...rowIndices(reordered.byUser, 0)]).toEqual([0, 2]);
    expect([...rowValues(reordered.byUser, 0)]).toEqual([5, 1]);
    expect([...(reordered.timestamps ?? [])]).toEqual([30, 10, 20]);
    expect(reorderItems(reordered, Uint32Array.of(1, 2, 0))).toEqual(dataset);
  });
});
