import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStorageList } from '../../config/storage-list.ts';
import { judgeLink } from './finder.ts';

const list = readStorageList(join(import.meta.dirname, '../../../config/external-storage.yaml'));

function detailOf(url: string): string | null {
  return judgeLink(url, { part: null, list, judged: { direction: 'in', agencies: [] } })?.detail ?? null;
}

const D = 'https://www.dropbox.com/s/x';
const coded = (text: string, times = 1): string =>
  times === 0 ? text : coded(encodeURIComponent(text), times - 1);
const base64 = (text: string): string => Buffer.from(text).toString('base64url');

describe('a wrapped link is found behind', () => {
  const cases: Readonly<Record<string, string>> = {
    "Outlook's safe links": `https://apc01.safelinks.protection.outlook.com/?url=${coded(D)}&data=05%7C02&reserved=0`,
    'urldefense v1': `https://urldefense.proofpoint.com/v1/url?u=${D}&k=abc`,
    'urldefense v2': 'https://urldefense.proofpoint.com/v2/url?u=https-3A__www.dropbox.com_s_x&d=DwMF&c=abc',
    'urldefense v2, its other name': 'https://urldefense.com/v2/url?u=https-3A__www.dropbox.com_s_x&d=DwMF',
    'urldefense v3': `https://urldefense.com/v3/__${D}__;!!abc!def$`,
    'urldefense v3 with one slash': 'https://urldefense.com/v3/__https:/www.dropbox.com/s/x__;!!abc!def$',
    Barracuda: `https://linkprotect.cudasvc.com/url?a=${coded(D)}&c=E,1,abc`,
    Mimecast: 'https://protect-au.mimecast.com/s/AbCd?domain=dropbox.com',
    Sophos: `https://eu-west-1.protection.sophos.com/?d=dropbox.com&u=${base64(D)}&i=abc`,
    Cisco: `https://secure-web.cisco.com/1abc/${coded(D)}`,
    Google: `https://www.google.com/url?sa=t&q=${coded(D)}&usg=abc`,
    'Google, in Malaysia': `https://www.google.com.my/url?q=${coded(D)}`,
    'Google, without a scheme': 'https://www.google.com/url?q=www.dropbox.com/s/x',
    'Google, accelerated': 'https://www.google.com/amp/s/www.dropbox.com/s/x',
    'Google, translated': 'https://www-dropbox-com.translate.goog/s/x?_x_tr_sl=auto',
    'Google Translate, without a scheme': 'https://translate.google.com/translate?sl=auto&u=dropbox.com/s/x',
    'Google, as a viewer': 'https://docs.google.com/viewer?url=www.dropbox.com/s/x',
    'Google Translate': `https://translate.google.com/translate?u=${coded(D)}`,
    'the AMP cache': 'https://www-dropbox-com.cdn.ampproject.org/c/s/www.dropbox.com/s/x',
    Facebook: `https://l.facebook.com/l.php?u=${coded(D)}&h=abc`,
    YouTube: `https://www.youtube.com/redirect?event=x&q=${coded(D)}`,
    Slack: `https://slack-redir.net/link?url=${coded(D)}`,
    Tumblr: `https://t.umblr.com/redirect?z=${coded(D)}&t=abc`,
    Reddit: `https://out.reddit.com/t3_abc?url=${coded(D)}`,
    VK: 'https://vk.com/away.php?to=dropbox.com%2Fs%2Fx',
    LinkedIn: `https://www.linkedin.com/redir/redirect?url=${coded(D)}`,
    Steam: `https://steamcommunity.com/linkfilter/?url=${D}`,
    DuckDuckGo: `https://duckduckgo.com/l/?uddg=${coded(D)}`,
    Bing: `https://www.bing.com/ck/a?!&&p=abc&u=a1${base64(D)}&ntb=1`,
    Yahoo: `https://r.search.yahoo.com/_ylt=abc/RV=2/RE=1/RO=10/RU=${coded(D)}/RK=2/RS=x-`,
    'the Web Archive': `https://web.archive.org/web/2020/${D}`,
    'the Web Archive, without a scheme': 'https://web.archive.org/web/20200101id_/dropbox.com/s/x',
    'a hidden referrer': 'https://href.li/?www.dropbox.com/s/x',
    'any query': `https://a.example/go?to=${D}`,
    'any path': `https://a.example/r/${D}`,
    'any fragment': `https://a.example/#${coded(D)}`,
    'a query without a scheme': 'https://a.example/go?to=//dropbox.com/s/x',
    'a query with backslashes': 'https://a.example/go?to=https:\\\\dropbox.com/s/x',
    'three encodings': `https://a.example/go?to=${coded(D, 3)}`,
    'two wrappers': `https://a.example/?u=${coded(`https://b.example/?u=${coded(D)}`)}`,
    'three wrappers': `https://www.google.com/url?q=${coded(`https://l.facebook.com/l.php?u=${coded(`https://b.example/?u=${coded(D)}`)}`)}`,
    'three wrappers with rules of their own': `https://www.google.com/url?q=${coded(`https://urldefense.com/v2/url?u=https-3A__vk.com_away.php-3Fto-3Ddropbox.com-252Fs`)}`,
    'three without schemes': `https://www.google.com/url?q=${coded(`vk.com/away.php?to=${coded('duckduckgo.com/l/?uddg=dropbox.com/s')}`)}`,
    'base64 in base64': `https://a.example/${base64(`https://b.example/${base64(D)}`)}`,
    'many that are harmless': `https://a.example/?${'u=https://b.example/&'.repeat(500)}u=${D}`,
    'a scheme in upper case': `https://a.example/?u=${coded(D.toUpperCase())}`,
    'a link to the host alone': 'https://a.example/?u=https%3A%2F%2Fwww.dropbox.com',
  };
  for (const [name, url] of Object.entries(cases)) {
    test(name, () => {
      expect(detailOf(url)).toMatch(/^hxxps:\/\/(?:www\[\.\])?dropbox\[\.\]com/i);
    });
  }
});

describe('nothing is found in', () => {
  const cases: readonly string[] = [
    'https://www.google.com/search?q=dropbox.com/s/x',
    'https://www.google.com/search?q=dropbox&url=www.dropbox.com',
    'https://www.youtube.com/watch?v=dropbox.com',
    'https://docs.google.com/viewer?url=http://www.moh.example/a.pdf',
    'https://a.example/?q=dropbox.com/s/x',
    'https://a.example/?e=urusetia%40dropbox.com',
    'https://a.example/?u=https%3A%2F%2Fdropbox.com.b.example%2Fs',
    'https://a.example/?u=https%3A%2F%2Fb.example%2Fdropbox.com',
    'https://a.example//dropbox.com/s/x',
    `https://a.example/?u=${coded(D, 4)}`,
    'https://apc01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.moh.example%2F&data=05%7C02',
    'https://urldefense.com/v3/__https://www.moh.example/__;!!abc!def$',
    `https://www.bing.com/ck/a?u=a1${base64('https://www.moh.example/')}`,
    'https://a.example/aHR0c%%%aHR0cHM6Ly8',
    `mailto:a@moh.example?body=${coded(D)}`,
    'https://a.example/?redirect=https%3A%2F%2Fdocs.google.com%2Fforms%2Fd%2Fe%2F1%2Fviewform',
    '',
    'a',
  ];
  for (const url of cases) test(url, () => expect(detailOf(url)).toBeNull());
});

test('the sender is told the target and the host that it was wrapped in, cut to 200 characters of printable ASCII', () => {
  expect(detailOf(`https://www.google.com/url?q=${coded(D)}`)).toBe(
    'hxxps://www[.]dropbox[.]com/s/x (via www[.]google[.]com)',
  );
  expect(detailOf(`https://user:secret@www.dropbox.com:8443/s/laporan%20é?x=1#y`)).toBe(
    'hxxps://www[.]dropbox[.]com/s/laporan%20%C3%A9?x=1#y',
  );
  const long = detailOf(`https://${'a.'.repeat(100)}example/?u=${D}/${'x'.repeat(1_000)}`) ?? '';
  expect(long.length).toBeLessThanOrEqual(200);
  expect(long).toMatch(/^hxxps:\/\/www\[\.\]dropbox\[\.\]com\/s\/x[\x20-\x7e]*$/);
});
