import { describe, expect, test } from 'vitest';
import { messageForReader } from '../../scripts/command/advice.js';
import { ShortlistError } from '../../src/errors.js';
import { variableOf } from '../../src/serve/config.js';

describe('messageForReader', () => {
  test('writes the names of options as they are given here, and leaves out the backticks of others', () => {
    const error = new ShortlistError('invalid-option', '`minRating` of `other` must be 1, got `.`');
    expect(messageForReader(error, name => (name === 'minRating' ? '--min-rating' : undefined))).toBe(
      '--min-rating of other must be 1, got `.`',
    );
  });

  test('knows the variables of the service', () => {
    const error = new ShortlistError('port-in-use', 'Choose another `port`.', { host: '::1', port: 3000 });
    expect(messageForReader(error, variableOf)).toBe('Choose another PORT.');
    expect(variableOf('maxBodyBytes')).toBe('MAX_BODY_BYTES');
    expect(variableOf('toString')).toBeUndefined();
  });

  test('adds the command that helps', () => {
    const error = new ShortlistError('no-snapshot', 'There is no snapshot in d.', { directory: 'd' });
    expect(messageForReader(error, () => undefined)).toBe(
      'There is no snapshot in d. Build one: npm run rebuild -- --ratings FILE --snapshots d',
    );
  });
});
