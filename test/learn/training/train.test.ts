import { expect, test } from 'vitest';
import { createDataset } from '../../../src/learn/dataset/dataset.js';
import { type TrainingChoice, trainingParameters } from '../../../src/learn/training/train.js';
import { smallData } from '../../support/small-snapshot.js';

test('an algorithm of another name is refused, and the defaults of the others are filled in', () => {
  const dataset = createDataset(smallData.table);
  expect(trainingParameters({ algorithm: 'als', options: {} }, dataset)).toMatchObject({
    algorithm: 'als',
    factors: 256,
  });
  expect(trainingParameters({ algorithm: 'sgd', options: {} }, dataset)).toMatchObject({
    algorithm: 'sgd',
    factors: 64,
  });
  const wrong = { algorithm: 'bpr', options: {} } as unknown as TrainingChoice;
  expect(() => trainingParameters(wrong, dataset)).toThrow('`algorithm` must be als or sgd, got bpr.');
});
