import { expect, test } from 'vitest';
import { categoriesOf } from '../../../src/learn/ratings/category-cells.js';

test.each([
  [
    'a separator of its own for each cell',
    ['Shirts, Summer', 'Hats;Winter', 'Coats|Warm'],
    [
      ['Shirts', 'Summer'],
      ['Hats', 'Winter'],
      ['Coats', 'Warm'],
    ],
  ],
  [
    'commas without blanks',
    ['Action,Indie', 'Rock & Roll, Jazz'],
    [
      ['Action', 'Indie'],
      ['Rock & Roll', 'Jazz'],
    ],
  ],
  [
    'a comma beside another separator is part of names everywhere',
    ['Crime, Noir|Drama', 'Home, Garden'],
    [['Crime, Noir', 'Drama'], ['Home, Garden']],
  ],
  ['a semicolon beside a bar likewise', ['A;B|C', 'D;E', 'F,G'], [['A;B', 'C'], ['D;E'], ['F', 'G']]],
  ['lists of JSON and of Python', ['["A, B","C"]', "['D', 'it\\'s']", '[]'], [['A, B', 'C'], ['D', "it's"], []]],
  [
    'lists of named objects',
    ['[{"id":1,"name":"Animation"}]', "[{'id': 2, 'name': \"Kids' TV\"}, {'id': None}]"],
    [['Animation'], ["Kids' TV"]],
  ],
  [
    'commas in lists say nothing of the other cells',
    ['["A","B"]', 'C|D', 'E, F'],
    [
      ['A', 'B'],
      ['C', 'D'],
      ['E', 'F'],
    ],
  ],
  [
    'paths, whose names may have commas',
    ['Food, Drinks & Tobacco > Tea', 'Home > Pans'],
    [
      ['Food, Drinks & Tobacco', 'Food, Drinks & Tobacco > Tea'],
      ['Home', 'Home > Pans'],
    ],
  ],
  [
    'paths with commas between them',
    ['Clothing, Clothing > Hats', 'Clothing > Shirts', 'Music'],
    [['Clothing', 'Clothing > Hats'], ['Clothing', 'Clothing > Shirts'], ['Music']],
  ],
  [
    'nothing, blanks, repeats, and what MovieLens writes for none',
    [null, '', ' | ', 'A||A| B', '(no genres listed)'],
    [[], [], [], ['A', 'B'], []],
  ],
  ['what only looks like a list', ['[sic]', '{x', '[1'], [['[sic]'], ['{x'], ['[1']]],
] as const)('%s', (_, cells, categories) => {
  expect(categoriesOf(cells)).toEqual(categories);
});

test('a separator that is named is the only one', () => {
  expect(categoriesOf(['A, B/C|D', '["E"]'], '/')).toEqual([['A, B', 'C|D'], ['["E"]']]);
});
