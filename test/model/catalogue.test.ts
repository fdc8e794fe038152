import { describe, expect, test } from 'vitest';
import { IdMap, type ItemIndex } from '../../src/dataset/id-map.js';
import { Catalogue } from '../../src/model/catalogue.js';

describe('Catalogue', () => {
  const catalogue = new Catalogue(new IdMap<ItemIndex>(['7', '8', '9']), [
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
    expect(catalogue.inCategory('Action')).toEqual([0, 2]);
    expect(catalogue.inCategory('Crime')).toEqual([2]);
    expect(catalogue.inCategory('action')).toBeUndefined();
  });

  test('matches by part of the title or of the id', () => {
    expect([0, 1, 2].filter(item => catalogue.matches(item, 'ea'))).toEqual([2]);
    expect([0, 1, 2].filter(item => catalogue.matches(item, '8'))).toEqual([1]);
  });
});
