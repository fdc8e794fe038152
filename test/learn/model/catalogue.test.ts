import { describe, expect, test } from 'vitest';
import { IdMap, type ItemIndex } from '../../../src/learn/dataset/id-map.js';
import { Catalogue } from '../../../src/learn/model/catalogue.js';
import { ItemSearch } from '../../../src/learn/model/item-search.js';

describe('Catalogue', () => {
  const items = new IdMap<ItemIndex>(['7', '8', '9']);
  const catalogue = Catalogue.of(items, [
    { itemId: '9', title: 'Heat', categories: ['Crime', 'Action'] },
    { itemId: 'gone', title: 'Nobody rated this', categories: ['Crime'] },
    { itemId: '7', title: 'Alien', categories: ['Action'] },
  ]);

  test('finds titles and categories by item index, and knows nothing of items that were not named', () => {
    expect(catalogue.titleOf(2 as ItemIndex)).toBe('Heat');
    expect(catalogue.categoriesOf(2 as ItemIndex)).toEqual(['Crime', 'Action']);
    expect(catalogue.titleOf(1 as ItemIndex)).toBeUndefined();
    expect(catalogue.categoriesOf(1 as ItemIndex)).toEqual([]);
  });

  test('lists the members of a category in index order, without items that have no ratings', () => {
    expect(catalogue.categories).toEqual(['Action', 'Crime']);
    expect(catalogue.inCategory('Action')).toEqual(Uint32Array.of(0, 2));
    expect(catalogue.inCategory('Crime')).toEqual(Uint32Array.of(2));
    expect(catalogue.inCategory('action')).toBeUndefined();
  });

  test('finds items by a part of the title or of the id, in the order that is wanted', () => {
    const search = ItemSearch.of(items, catalogue, Uint32Array.of(2, 1, 0));
    const find = (text: string, limit: number, from?: number) =>
      search.find(text, limit, from).map(place => search.at(place));
    expect(find('EA', 5)).toEqual([2]);
    expect(find('8', 5)).toEqual([1]);
    expect(find('', 5)).toEqual([2, 1, 0]);
    expect(find('', 2)).toEqual([2, 1]);
    expect(find('', 5, 1)).toEqual([1, 0]);
    // The end of one text and the start of the next are no match.
    expect(find('9\n8', 5)).toEqual([]);
    expect(find('98', 5)).toEqual([]);
  });
});
