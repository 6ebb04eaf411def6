import { describe, expect, test } from 'vitest';
import type { StorageHost, StorageList } from '../content-policy.ts';
import { canonicalLink } from './canonical.ts';
import { createLinkFinder, judgeLink } from './finder.ts';
import { createMatcher } from './match.ts';

const entry = (host: string, paths: string[] = [], except: string[] = []): StorageHost => ({
  host,
  paths,
  except,
  comment: '',
});

const list: StorageList = {
  hosts: [
    entry('box.com'),
    entry('docs.google.com', ['/document', '/a/*/document'], ['/document/public']),
    entry('*-my.sharepoint.*'),
    entry('*.sharepoint.com', ['/:*:/']),
    entry('files.example', [], ['/help']),
  ],
  shorteners: ['bit.ly', 'goo.gl/*', '*.page.link'],
  allowed: {
    moh: [entry('moh.sharepoint.com'), entry('box.com', ['/moh']), entry('bit.ly', ['/moh'])],
    jpn: [entry('moh.sharepoint.com')],
  },
};

function reasonOf(url: string, agencies: string[] = []): string | null {
  const link = canonicalLink(url);
  return link && createMatcher(list, { direction: 'in', agencies }).reasonOf(link);
}

describe('by the list', () => {
  const cases: readonly [string, string | null][] = [
    ['https://box.com/', 'external-storage'],
    ['https://a.b.box.com/', 'external-storage'],
    ['https://mailbox.com/', null],
    ['https://box.com.example/', null],
    ['https://com/', null],
    ['https://docs.google.com/document', 'external-storage'],
    ['https://docs.google.com/document?id=1', 'external-storage'],
    ['https://docs.google.com/Document/d/1', 'external-storage'],
    ['https://docs.google.com/a/moh.example/document/d/1', 'external-storage'],
    ['https://docs.google.com/a/b/c/document/d/1', null],
    ['https://docs.google.com/documents', null],
    ['https://docs.google.com/document/public/1', null],
    ['https://docs.google.com/', null],
    ['https://moh-my.sharepoint.com/x', 'external-storage'],
    ['https://moh-my.sharepoint.cn/x', 'external-storage'],
    ['https://a.moh-my.sharepoint.cn/x', 'external-storage'],
    ['https://-my.sharepoint.cn/x', 'external-storage'],
    ['https://moh-my.sharepoint.com.example/x', null],
    ['https://my.sharepoint.com/x', null],
    ['https://moh.sharepoint.com/:w:/x', 'external-storage'],
    ['https://moh.sharepoint.com/:w', null],
    ['https://moh.sharepoint.com/sites/:w:/', null],
    ['https://sharepoint.com/:w:/x', null],
    ['https://files.example/x', 'external-storage'],
    ['https://files.example/help/x', null],
    ['https://bit.ly/abc', 'short-link'],
    ['https://www.bit.ly/abc', 'short-link'],
    ['https://bit.ly/', null],
    ['https://bit.ly', null],
    ['https://pages.bit.ly/abc', null],
    ['https://goo.gl/abc', 'short-link'],
    ['https://goo.gl/maps/abc', null],
    ['https://maps.app.goo.gl/abc', null],
    ['https://moh.page.link/abc', 'short-link'],
    ['https://192.0.2.1/box.com', null],
    ['https://[2001:db8::1]/', null],
    [`https://${'a.'.repeat(200)}box.com/`, null],
  ];
  for (const [url, expected] of cases) test(url.slice(0, 100), () => expect(reasonOf(url)).toBe(expected));
});

describe('an allow-list lets a link pass', () => {
  const shared = 'https://moh.sharepoint.com/:w:/x';
  test('when every agency concerned has it', () => {
    expect(reasonOf(shared, ['moh'])).toBeNull();
    expect(reasonOf(shared, ['moh', 'jpn'])).toBeNull();
  });
  test('and not when one has not, none is known or the name is none of an agency', () => {
    expect(reasonOf(shared, ['moh', 'kkm'])).toBe('external-storage');
    expect(reasonOf(shared, [])).toBe('external-storage');
    expect(reasonOf(shared, ['constructor'])).toBe('external-storage');
    expect(reasonOf(shared, ['__proto__'])).toBe('external-storage');
  });
  test('by its path, too', () => {
    expect(reasonOf('https://box.com/moh/1', ['moh'])).toBeNull();
    expect(reasonOf('https://box.com/mohr/1', ['moh'])).toBe('external-storage');
    expect(reasonOf('https://box.com/moh/1', ['moh', 'jpn'])).toBe('external-storage');
  });
  test('of a shortener', () => {
    expect(reasonOf('https://bit.ly/moh', ['moh'])).toBeNull();
    expect(reasonOf('https://bit.ly/other', ['moh'])).toBe('short-link');
  });
  test('but not what is wrapped in it', () => {
    const options = { part: null, list, judged: { direction: 'in' as const, agencies: ['moh'] } };
    expect(judgeLink('https://moh.sharepoint.com/:w:/x?u=https://box.com/x', options)?.detail).toBe(
      'hxxps://box[.]com/x (via moh[.]sharepoint[.]com)',
    );
  });
});

test('each host is told once, at most 20 of them, storage before shorteners', () => {
  const judged = { direction: 'in' as const, agencies: [] };
  const finder = createLinkFinder({ kind: 'text', part: '2', list, judged });
  finder.write('https://bit.ly/a https://bit.ly/b https://box.com/a https://box.com/b\n');
  for (let n = 0; n < 30; n++) finder.write(`https://a${n}.box.com/x\n`);
  const found = finder.end();
  expect(found).toHaveLength(20);
  expect(found[0]).toEqual({ reason: 'external-storage', detail: 'hxxps://box[.]com/a', part: '2' });
  expect(new Set(found.map(({ detail }) => detail)).size).toBe(20);
});

test('a storage host behind a shortener counts as storage', () => {
  const options = { part: null, list, judged: { direction: 'in' as const, agencies: [] } };
  expect(judgeLink('https://bit.ly/go?u=https://box.com/x', options)?.reason).toBe('external-storage');
});
