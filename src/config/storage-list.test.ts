import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { Problem } from '../lib/problem.ts';
import type { StorageList } from '../rules/content-policy.ts';
import { readStorageList } from './storage-list.ts';

/** The list, or what is wrong, a line each, without the name of the file. */
async function read(yaml: string): Promise<StorageList | string[]> {
  await using folder = await tempFolder();
  const file = join(folder.path, 'list.yaml');
  await writeFile(file, yaml);
  try {
    return readStorageList(file);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.message.split('\n').map((line) => {
      expect(line).toContain(`${file}: `);
      return line.slice(file.length + 2);
    });
  }
}

const SHIPPED = join(import.meta.dirname, '../../config/external-storage.yaml');

test('the list that is shipped is sound, and says of each host what it is', () => {
  const { hosts, shorteners, allowed } = readStorageList(SHIPPED);
  expect(hosts.length).toBeGreaterThan(50);
  expect(hosts.filter(({ comment }) => comment === '')).toEqual([]);
  expect(hosts.map(({ host }) => host)).toEqual(
    expect.arrayContaining(['dropbox.com', '*-my.sharepoint.*', '1drv.ms']),
  );
  expect(shorteners).toEqual(expect.arrayContaining(['bit.ly', 'goo.gl/*', 's.id']));
  expect(allowed).toEqual({});
});

test('every form of an entry is read', async () => {
  const list = await read(
    [
      'hosts:',
      '  Dropbox.COM: Dropbox',
      '  db.tt:',
      '  docs.google.com: { paths: [/document, "/:*:/"], except: /forms, comment: Docs }',
      '  "*-my.sharepoint.*": { }',
      '  bücher.example: x',
      'shorteners: { bit.ly: Bitly, goo.gl/*: , "*.page.link": }',
      'allowed: { moh: { moh.sharepoint.com: ours }, jpn: }',
    ].join('\n'),
  );
  const entry = { paths: [], except: [], comment: '' };
  expect(list).toEqual({
    hosts: [
      { ...entry, host: 'dropbox.com', comment: 'Dropbox' },
      { ...entry, host: 'db.tt' },
      { host: 'docs.google.com', paths: ['/document', '/:*:/'], except: ['/forms'], comment: 'Docs' },
      { ...entry, host: '*-my.sharepoint.*' },
      { ...entry, host: 'xn--bcher-kva.example', comment: 'x' },
    ],
    shorteners: ['bit.ly', 'goo.gl/*', '*.page.link'],
    allowed: { moh: [{ ...entry, host: 'moh.sharepoint.com', comment: 'ours' }], jpn: [] },
  });
});

describe('what is wrong is told with its line and its cure', () => {
  const form = 'is not a host; write it like "dropbox.com", its paths below "paths"';
  const cases: readonly [string, string, string[]][] = [
    ['nothing', '', ['hosts: there are none; write lines like "dropbox.com: Dropbox" below it']],
    [
      'a list',
      'hosts: [dropbox.com]',
      [
        'line 1: hosts: ["dropbox.com"] is not a list of hosts; write lines like "dropbox.com: Dropbox" below it',
      ],
    ],
    [
      'a link for a host',
      'hosts:\n  https://dropbox.com/s: x',
      [`line 2: hosts.https://dropbox.com/s: "https://dropbox.com/s" ${form}`],
    ],
    ['a single label', 'hosts:\n  dropbox: x', [`line 2: hosts.dropbox: "dropbox" ${form}`]],
    ['a star for everything', 'hosts:\n  "*.*": x', [`line 2: hosts.*.*: "*.*" ${form}`]],
    [
      'a path without a slash',
      'hosts:\n  a.example: { paths: [document] }',
      ['line 2: hosts.a.example.paths: "document" is not the beginning of a path; write it like "/document"'],
    ],
    [
      'a slip in a key',
      'hosts:\n  a.example: { path: [/x] }',
      ['line 2: hosts.a.example.path: there is no such key; write "paths"'],
    ],
    [
      'a slip in a section',
      'host:\n  a.example: x\nhosts:\n  b.example: x',
      ['line 1: host: there is no such key; write "hosts"'],
    ],
    [
      'an unknown section',
      'hosts:\n  b.example: x\nvirtual: 1',
      ['line 3: virtual: there is no such key; known are hosts, shorteners, allowed'],
    ],
    [
      'a bad shortener',
      'hosts:\n  b.example: x\nshorteners:\n  bitly: x',
      ['line 4: shorteners.bitly: "bitly" is not a host; write it like "bit.ly" or "goo.gl/*"'],
    ],
    [
      'a host of an agency',
      'hosts:\n  b.example: x\nallowed:\n  moh:\n    tenant: x',
      [`line 5: allowed.moh.tenant: "tenant" ${form}`],
    ],
    [
      'a list for an entry',
      'hosts:\n  b.example: [1]',
      ['line 2: hosts.b.example: [1] is neither a comment nor "paths", "except" and "comment"'],
    ],
    [
      'all of it at once',
      'hosts:\n  a: x\n  b: x',
      [`line 2: hosts.a: "a" ${form}`, `line 3: hosts.b: "b" ${form}`],
    ],
    [
      'no YAML',
      'hosts: {',
      ['line 1, column 9: Flow map in block collection must be sufficiently indented and end with a }'],
    ],
    ['a host twice', 'hosts:\n  a.example: x\n  a.example: y', ['line 3, column 3: Map keys must be unique']],
  ];
  for (const [name, yaml, expected] of cases)
    test(name, async () => expect(await read(yaml)).toEqual(expected));

  test('a file that is not there', () => {
    expect(() => readStorageList('/nowhere/list.yaml')).toThrow(
      new Problem('/nowhere/list.yaml: there is no such file'),
    );
  });
});
