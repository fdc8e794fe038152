import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeConfig, readConfig } from '../../src/serve/config.js';

const defaults = {
  SNAPSHOTS: 'data/snapshots',
  EVENTS_MEMORY_MB: 256,
  HOST: '127.0.0.1',
  ALLOWED_HOSTS: [],
  PORT: 3000,
  LOG_LEVEL: 'info',
  MAX_BODY_BYTES: 1_048_576,
  MAX_URL_LENGTH: 16_384,
  MAX_TURN_MS: 20,
  DEADLINE_MS: 10_000,
  API_KEYS_SHA256: [],
  ADMIN_KEYS_SHA256: [],
  RECALL_SAMPLE: 500,
  REQUESTS_PER_MINUTE: 0,
  TRUST_PROXY: 0,
  CORS_ORIGINS: [],
  CACHE_SECONDS: 0,
  COMPRESS_FROM_BYTES: 0,
  REQUEST_TIMEOUT_MS: 30_000,
  PROCESSES: 1,
  MAX_CONNECTIONS: 0,
  RELOAD_INTERVAL_MS: 2000,
  SHUTDOWN_TIMEOUT_MS: 10_000,
};

describe('readConfig', () => {
  test('everything has a default, and other programs’ variables are left alone', () => {
    expect(readConfig({ PATH: '', EDITOR: 'vi' })).toEqual({ ...defaults, READS: 'open', MONITORING: 'open' });
  });

  test('values are taken and converted', () => {
    expect(readConfig({ PORT: '0', HOST: '::', LOG_LEVEL: 'debug' })).toEqual({
      ...defaults,
      READS: 'open',
      MONITORING: 'open',
      PORT: 0,
      HOST: '::',
      LOG_LEVEL: 'debug',
    });
  });

  test('reads are closed where there are API keys, unless they are said to be open', () => {
    const key = 'a'.repeat(64);
    expect(readConfig({ API_KEYS_SHA256: key }).READS).toBe('closed');
    expect(readConfig({ API_KEYS_SHA256: key, READS: 'open' }).READS).toBe('open');
    expect(readConfig({ ADMIN_KEYS_SHA256: key }).READS).toBe('open');
    expect(() => readConfig({ READS: 'closed' })).toThrow('READS is "closed", expected API_KEYS_SHA256 beside it');
  });

  test('metrics and documentation follow the reads, unless something else is said', () => {
    const API_KEYS_SHA256 = 'a'.repeat(64);
    expect(readConfig({ API_KEYS_SHA256 }).MONITORING).toBe('closed');
    expect(readConfig({ API_KEYS_SHA256, READS: 'open' }).MONITORING).toBe('open');
    expect(readConfig({ API_KEYS_SHA256, MONITORING: 'open' })).toMatchObject({ READS: 'closed', MONITORING: 'open' });
    expect(() => readConfig({ MONITORING: 'closed' })).toThrow(
      'MONITORING is "closed", expected API_KEYS_SHA256 beside',
    );
  });

  test.each(Object.keys(defaults))('%s that is set but empty is wrong, and never what it is by default', name => {
    for (const value of ['', ' ']) {
      expect(() => readConfig({ [name]: value })).toThrow(
        expect.objectContaining({
          code: 'invalid-config',
          message: `The environment is not valid: ${name} is set but empty: give it a value or unset it.`,
        }),
      );
    }
  });

  test.each(['', '\n', '\r\n', ' '])('the hash of %j is that of no key', nothing => {
    for (const name of ['API_KEYS_SHA256', 'ADMIN_KEYS_SHA256']) {
      const hash = createHash('sha256').update(nothing).digest('hex');
      expect(() => readConfig({ [name]: `${'a'.repeat(64)},${hash}` })).toThrow('this is the hash of an empty one');
    }
  });

  test.each([
    ['TRUST_PROXY', '2', 2],
    ['TRUST_PROXY', 'loopback, 10.0.0.0/8,2001:db8::/32', ['loopback', '10.0.0.0/8', '2001:db8::/32']],
    ['BASE_PATH', '/a/b-c', '/a/b-c'],
    ['CORS_ORIGINS', '*', ['*']],
    ['ALLOWED_HOSTS', 'Shop.example, api.shop.example', ['shop.example', 'api.shop.example']],
    ['CORS_ORIGINS', 'https://a.example, http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
  ])('%s may be %s', (name, text, value) => {
    expect(readConfig({ [name]: text })).toMatchObject({ [name]: value });
  });

  test.each([
    ['TRUST_PROXY', 'true', 'expected a number of proxies'],
    ['TRUST_PROXY', '10.0.0.0/33', 'expected a number of proxies'],
    ['TRUST_PROXY', '10.0.0.0/0', 'expected a number of proxies'],
    ['TRUST_PROXY', 'proxy.example', 'expected a number of proxies'],
    ['BASE_PATH', '/', 'expected a path such as'],
    ['BASE_PATH', 'a', 'expected a path such as'],
    ['BASE_PATH', '/a/', 'expected a path such as'],
    ['BASE_PATH', '//evil.example', 'expected a path such as'],
    ['CORS_ORIGINS', 'shop.example', 'expected * or origins'],
    ['CORS_ORIGINS', 'https://shop.example/', 'expected * or origins'],
    ['CORS_ORIGINS', 'null', 'expected * or origins'],
    ['CORS_ORIGINS', 'https://a.example,,https://b.example', 'expected no empty entry'],
    ['API_KEYS_SHA256', `${'a'.repeat(64)},`, 'expected no empty entry'],
    ['ALLOWED_HOSTS', 'shop.example:80', 'expected * or names of hosts'],
    ['ALLOWED_HOSTS', 'https://shop.example', 'expected * or names of hosts'],
  ])('%s may not be %s', (name, text, expected) => {
    expect(() => readConfig({ [name]: text })).toThrow(`${name} is "${text}", ${expected}`);
  });

  test('every wrong variable is named, with what came and what was expected', () => {
    expect(() => readConfig({ PORT: '65536', LOG_LEVEL: 'loud', MAX_BODY_BYTES: '1e6' })).toThrow(
      expect.objectContaining({
        code: 'invalid-config',
        message:
          'The environment is not valid: PORT is "65536", expected a whole number from 0 to 65535; ' +
          'LOG_LEVEL is "loud", expected one of trace, debug, info, warn, error, fatal, silent; ' +
          'MAX_BODY_BYTES is "1e6", expected a whole number from 1024 to 1073741824.',
      }),
    );
  });
});

test('describeConfig names every variable with its default', () => {
  for (const [name, preset] of Object.entries(defaults)) {
    expect(describeConfig()).toMatch(
      new RegExp(`^  ${name} +\\S.*\\n +Default: ${String(preset) || '\\(none\\)'}$`, 'm'),
    );
  }
});
