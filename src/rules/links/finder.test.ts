import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStorageList } from '../../config/storage-list.ts';
import type { Found } from '../../mail/finding.ts';
import { createLinkFinder, type TextKind } from './finder.ts';

const list = readStorageList(join(import.meta.dirname, '../../../config/external-storage.yaml'));

function find(kind: TextKind, pieces: readonly string[]): Found[] {
  const finder = createLinkFinder({ kind, part: '1', list, judged: { direction: 'in', agencies: [] } });
  for (const piece of pieces) finder.write(piece);
  return finder.end();
}

function isBlocked(kind: TextKind, text: string): boolean {
  return find(kind, [text]).some(({ reason }) => reason === 'external-storage');
}

const LINKS = [
  'https://www.dropbox.com/s/x',
  'https://drive.google.com/file/d/1/view',
  'https://docs.google.com/document/d/1/edit',
  'https://we.tl/t-abc',
  'https://moh-my.sharepoint.com/:w:/g/x',
  'https://www.google.com/url?q=https%3A%2F%2Fmega.nz%2Ffile%2Fx',
];
const link = fc.constantFrom(...LINKS);
/** Pieces of what attackers and mail programs write, so that chance meets the borders. */
const fragment = fc.constantFrom(
  ...LINKS,
  ...'<a href="|">|</a>|<b>|</b>|<style>|</style>|<!--[if mso]>|<![endif]-->|<!--|-->|<![CDATA[|]]>|<base href="|&#x64;|&#100;'.split(
    '|',
  ),
  ...'&amp;|&|&lt;|"|\'|=|<|>|/|\\|//|:|.|@|?|#|%|%2f|%252F| |\r\n| \r\n|\n> |\0|\t|\u00ad|\u3002|é|😀'.split(
    '|',
  ),
  ...'https:|http|dropbox|dropbox.com|box.com|docs.google.com|/document/d|drive.google.|com/x|mega|.nz/|aHR0cHM6Ly93ZS50bC94'.split(
    '|',
  ),
  ...'document/d/1|title="|<textarea>|</textarea>|<svg>|<br>|<p style="background:url(|)|\\64 |data:text/html,|javascript:'.split(
    '|',
  ),
);
const soup = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));
const kind = fc.constantFrom<TextKind>('text', 'html');

/** The same text in pieces. */
function split(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, at) => text.slice(start, places[at] ?? text.length));
}

describe('whatever the link, it stays blocked', () => {
  test('in upper and lower case', () => {
    const flips = fc.array(fc.boolean(), { minLength: 100, maxLength: 100 });
    const host = LINKS.filter((url) => !url.includes('?'));
    fc.assert(
      fc.property(kind, fc.constantFrom(...host), flips, (which, url, upper) => {
        const mixed = [...url].map((c, at) => (upper[at] ? c.toUpperCase() : c)).join('');
        expect(isBlocked(which, which === 'html' ? `<a href="${mixed}">` : mixed)).toBe(true);
      }),
    );
  });

  test('with any letters of the host percent-encoded', () => {
    fc.assert(
      fc.property(kind, link, fc.array(fc.nat(60)), (which, url, places) => {
        const [, scheme = '', host = '', rest = ''] = /^(https:\/\/)([^/]+)(.*)$/.exec(url) ?? [];
        const coded = [...host].map((c, at) =>
          places.includes(at) ? `%${c.charCodeAt(0).toString(16)}` : c,
        );
        const spelled = scheme + coded.join('') + rest;
        expect(isBlocked(which, which === 'html' ? `<a href='${spelled}'>` : spelled)).toBe(true);
      }),
    );
  });

  test('with any characters as references', () => {
    const form = fc.constantFrom<(code: number) => string>(
      (code) => `&#${code};`,
      (code) => `&#x${code.toString(16)};`,
      (code) => `&#X000${code.toString(16).toUpperCase()};`,
    );
    fc.assert(
      fc.property(link, fc.array(fc.tuple(fc.nat(60), form)), fc.boolean(), (url, places, asText) => {
        const forms = new Map(places);
        const coded = [...url].map((c, at) => forms.get(at)?.(c.charCodeAt(0)) ?? c).join('');
        expect(isBlocked('html', asText ? `<p>${coded}</p>` : `<a href="${coded}">`)).toBe(true);
      }),
    );
  });

  test('with tabs and line ends in an attribute', () => {
    fc.assert(
      fc.property(link, fc.array(fc.nat(60)), fc.constantFrom('\t', '\r\n', '\n'), (url, places, blank) => {
        const broken = [...url].map((c, at) => (places.includes(at) ? blank + c : c)).join('');
        expect(isBlocked('html', `<a href="${broken}">`)).toBe(true);
      }),
    );
  });

  test('at any place of a longer text', () => {
    fc.assert(
      fc.property(link, fc.nat(140_000), fc.constantFrom(' ', 'x,', 'ab cd\r\n'), (url, length, filler) => {
        const before = filler.repeat(length / filler.length);
        expect(isBlocked('text', `${before} ${url} ${before.slice(0, 1_000)}`)).toBe(true);
        expect(isBlocked('text', `${before},${url}`)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('at any place of a line without an end, when what stands behind it is long', () => {
    for (const length of [65_500, 65_536, 131_000, 131_072, 200_000]) {
      const tail = `?${'y'.repeat(60_000)}`;
      expect(isBlocked('text', `${'x,'.repeat(length / 2)},${LINKS[0]}${tail}`)).toBe(true);
    }
  });
});

describe('however the text comes', () => {
  test('the same is found in any pieces of it', () => {
    fc.assert(
      fc.property(kind, soup, fc.array(fc.nat(5_000), { maxLength: 20 }), (which, text, cuts) => {
        expect(find(which, split(text, cuts))).toEqual(find(which, [text]));
      }),
      { numRuns: 1_000 },
    );
  });

  test('the same is found character by character', () => {
    fc.assert(
      fc.property(kind, soup, (which, text) => {
        expect(find(which, [...text])).toEqual(find(which, [text]));
      }),
      { numRuns: 300 },
    );
  });

  test('a name is not cut short where a window ends', () => {
    for (const host of ['mailbox.com', 'dropbox.com.my.example', 'notwe.tl']) {
      for (let shift = 0; shift < 40; shift++) {
        const at = 'y'.repeat(100);
        const text = `${'x,'.repeat((131_072 - shift) / 2)}https://${host}/x,${at}`.padEnd(280_000, 'z,');
        expect(find('text', [text])).toEqual([]);
      }
    }
  });
});

describe('no text makes it fail or take long', () => {
  test('made of characters', () => {
    const text = fc.string({ unit: 'binary', maxLength: 500 });
    fc.assert(fc.property(kind, text, (which, any) => void find(which, [any])));
    fc.assert(
      fc.property(kind, soup, (which, any) => void find(which, [any])),
      { numRuns: 500 },
    );
  });

  const parts = [
    ...'/|\\|http://|http://a |http://a(b |a.|a.bc/|@a.bc/|a.bc:|//a.|&|&#|<|<a |<a b="|<a title="<|<!--|<!--[if a]>'.split(
      '|',
    ),
    ...'<![endif]-->|<![CDATA[|<a href=s>|<a href=https://a.b>|a.bc/[({|https://a.b/aHR0cHM6Ly9h |%25%25|<style><a title="<'.split(
      '|',
    ),
    ...'http://a \r\n|<https://a\n|é.bc/|。a.bc/|<p style="background:url(//a.b/\\64 ">|<a href="data:text/html,<a href=x>">'.split(
      '|',
    ),
    `//${'\u0301\u0323'.repeat(15_000)} `,
    `a.bc/${'('.repeat(500)} `,
    `https://www.google.com/url?${'u=a.b&'.repeat(50)} `,
    `https://a.b/?u=${encodeURIComponent(encodeURIComponent('https://a.b/?u=https://a.b/'))}`,
    `<a href="https://urldefense.com/v2/url?u=${'https-3A__urldefense.com_v2_url-3Fu-3D'.repeat(20)}">`,
  ];
  for (const part of parts) {
    test(`a megabyte of ${JSON.stringify(part.slice(0, 60))}`, { timeout: 30_000 }, () => {
      const text = part.repeat(1_000_000 / part.length);
      for (const which of ['text', 'html'] as const)
        expect(find(which, split(text, [65_536, 500_001]))).toEqual([]);
    });
  }
});
