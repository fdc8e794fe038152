import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeDirectory } from '../../../src/base/files/make-directory.js';
import { writeWhole } from '../../../src/base/files/temporary.js';
import { newDirectory } from '../../support/scratch-directory.js';

describe('makeDirectory', () => {
  test('makes what is missing, and takes what is there', () => {
    const place = join(newDirectory(), 'a', 'b', 'c');
    makeDirectory(`${place}/`);
    makeDirectory(place);
    expect(statSync(place).isDirectory()).toBe(true);
    symlinkSync(place, join(place, 'link'));
    makeDirectory(join(place, 'link', 'd'));
    expect(readdirSync(place).sort()).toEqual(['d', 'link']);
  });

  test('says what stands in the way', () => {
    const place = newDirectory();
    writeFileSync(join(place, 'file'), '');
    symlinkSync(join(place, 'nowhere'), join(place, 'broken'));
    expect(() => makeDirectory(join(place, 'file'))).toThrow(/^EEXIST: .*file'$/);
    expect(() => makeDirectory(join(place, 'file', 'a', 'b'))).toThrow(/^ENOTDIR: .*mkdir/);
    expect(() => makeDirectory(join(place, 'broken'))).toThrow(/^EEXIST: .*broken'$/);
    expect(() => makeDirectory(join(place, 'broken', 'a'))).toThrow(/^EEXIST: .*broken'$/);
  });

  test.runIf(existsSync('/proc/self'))('ends where the system knows no such place', () => {
    expect(() => makeDirectory('/proc/no/such/place')).toThrow(/^ENOENT: .*mkdir '\/proc\/no'$/);
  });
});

describe('writeWhole', () => {
  test('replaces a file when the new one is whole, and leaves the old one where it is not', async () => {
    const place = newDirectory();
    const path = join(place, 'file');
    const write = (text: string) => writeWhole(path, async aside => writeFileSync(aside, text));
    await write('old');
    const failure = writeWhole(path, async aside => {
      writeFileSync(aside, 'half');
      throw new RangeError('no more');
    });
    await expect(failure).rejects.toThrow(new RangeError('no more'));
    expect([readFileSync(path, 'utf8'), readdirSync(place)]).toEqual(['old', ['file']]);
    await write('new');
    expect([readFileSync(path, 'utf8'), readdirSync(place)]).toEqual(['new', ['file']]);
  });

  test('writes a directory too, named with or without a slash at its end', async () => {
    const place = newDirectory();
    await writeWhole(`${join(place, 'folder')}/`, async aside => {
      mkdirSync(aside);
      writeFileSync(join(aside, 'file'), '');
    });
    expect(readdirSync(place, { recursive: true })).toEqual(['folder', join('folder', 'file')]);
  });

  test('begins no work whose end could not be written', async () => {
    let hasBegun = false;
    const writing = writeWhole(join(newDirectory(), 'missing', 'file'), async () => {
      hasBegun = true;
    });
    await expect(writing).rejects.toThrow(/ENOENT/);
    expect(hasBegun).toBe(false);
  });
});
