/** Every spelling of a host that a browser takes for the same, other stores, and links wrapped into others. */
import { a, LINK, type LinkRow, linkCase, plain } from './build-link.ts';
import { utf8 } from './build-message.ts';
import type { Case } from './sample.ts';

const SPELLINGS: readonly LinkRow[] = [
  ['capitals', a('HTTPS://WWW.DropBox.COM/s/a1b2c3')],
  ['user-info', a('https://www.moh.example@dropbox.com/s/a1b2c3')],
  ['user-info with a slash in it', a('https://moh.example%2f@dropbox.com/s/a1b2c3')],
  ['a port', a('https://www.dropbox.com:443/s/a1b2c3')],
  ['another port', a('http://www.dropbox.com:8080/s/a1b2c3')],
  ['a dot at the end', a('https://www.dropbox.com./s/a1b2c3')],
  ['percent-encoded letters', a('https://www.%64rop%62ox.com/s/a1b2c3')],
  ['backslashes', a('https:\\\\www.dropbox.com\\s\\a1b2c3')],
  ['one slash', a('https:/www.dropbox.com/s/a1b2c3')],
  ['no slash', a('https:www.dropbox.com/s/a1b2c3')],
  ['five slashes', a('https://///www.dropbox.com/s/a1b2c3')],
  ['tabs and line ends within', a('ht\ttps://www.drop\r\nbox.com/s/a1b2c3')],
  ['blanks before it', a('  \t https://www.dropbox.com/s/a1b2c3  ')],
  ['entities by name', a('https&colon;&sol;&sol;www&period;dropbox&period;com/s/a1b2c3')],
  ['entities by number', a('https://www.&#100;ropbox.com/s/a1b2c3')],
  ['entities by number without semicolons', a('https://www.&#100ropbox&#46com/s/a1b2c3')],
  ['entities by long number', a('https://www.&#x0000064;ropbox.com/s/a1b2c3')],
  ['every letter an entity', a([...LINK].map((c) => `&#x${c.charCodeAt(0).toString(16)};`).join(''))],
  ['full-width letters', a(utf8('https://www.ｄｒｏｐｂｏｘ．ｃｏｍ/s/a1b2c3'))],
  ['an ideographic full stop', a(utf8('https://www.dropbox。com/s/a1b2c3'))],
  ['a soft hyphen', a(utf8('https://www.drop\u00adbox.com/s/a1b2c3'))],
  ['characters without width', a(utf8('https://www.drop\u200bbox.com/s/a1b2c3'))],
  ['circled letters', a(utf8('https://www.ⓓropbox.com/s/a1b2c3'))],
  ['letters percent-encoded as UTF-8', a('https://www.%EF%BD%84ropbox.com/s/a1b2c3')],
  ['FTP', a('ftp://www.dropbox.com/s/a1b2c3')],
  ['a host below', a('https://dl.www.dropbox.com/s/a1b2c3')],
  ['without a path', a('https://www.dropbox.com')],
  ['with a query alone', a('https://www.dropbox.com?x=1')],
  ['with a fragment alone', a('https://www.dropbox.com#x')],
  ['full-width in plain text', plain(utf8('https://www．dropbox．com/s/a1b2c3'))],
  ['capitals in plain text', plain('HTTPS://WWW.DROPBOX.COM/S/A1B2C3')],
  ['user-info in plain text', plain('https://moh.example@www.dropbox.com/s/a1b2c3')],
  ['a port in plain text', plain('www.dropbox.com:443/s/a1b2c3')],
  ['percent-encoded in plain text', plain('https://www.%64ropbox.com/s/a1b2c3')],
  ['view-source', a(`view-source:${LINK}`)],
];

const STORES = [
  'https://1drv.ms/w/s!Aabc',
  'https://onedrive.live.com/?cid=1&id=2',
  'https://moh-my.sharepoint.com/:w:/g/personal/x/Eabc',
  'https://moh.sharepoint.com/:x:/s/kewangan/Eabc',
  'https://drive.google.com/file/d/1abc/view',
  'https://docs.google.com/document/d/1abc/edit',
  'https://docs.google.com/spreadsheets/d/1abc',
  'https://drive.usercontent.google.com/download?id=1',
  'https://we.tl/t-abc',
  'https://wetransfer.com/downloads/abc',
  'https://app.box.com/s/abc',
  'https://mega.nz/file/abc#def',
  'https://db.tt/abc',
  'https://dl.dropboxusercontent.com/s/abc/x.pdf',
  'https://www.icloud.com/iclouddrive/0abc',
  'https://www.icloud.com/attachment/?u=abc',
  'https://www.mediafire.com/file/abc',
  'https://1024terabox.com/s/1abc',
  'https://e.pcloud.link/publink/show?code=x',
];

const WRAPPED: readonly (readonly [string, string])[] = [
  ['Google', `https://www.google.com/url?q=${encodeURIComponent(LINK)}&sa=D`],
  ['Google of a country', `https://www.google.com.my/url?sa=t&url=${encodeURIComponent(LINK)}`],
  [
    'safe links',
    `https://apc01.safelinks.protection.outlook.com/?url=${encodeURIComponent(LINK)}&data=05%7C02&reserved=0`,
  ],
  ['urldefense v2', 'https://urldefense.proofpoint.com/v2/url?u=https-3A__www.dropbox.com_s_a1b2c3&d=DwMF'],
  ['urldefense v3', `https://urldefense.com/v3/__${LINK}__;!!abc!def$`],
  ['Facebook', `https://l.facebook.com/l.php?u=${encodeURIComponent(LINK)}&h=AT0`],
  ['LinkedIn', `https://www.linkedin.com/redir/redirect?url=${encodeURIComponent(LINK)}&urlhash=abc`],
  ['YouTube', `https://www.youtube.com/redirect?q=${encodeURIComponent(LINK)}`],
  ['DuckDuckGo', `https://duckduckgo.com/l/?uddg=${encodeURIComponent(LINK)}`],
  ['Slack', `https://slack-redir.net/link?url=${encodeURIComponent(LINK)}`],
  ['translated pages', 'https://www-dropbox-com.translate.goog/s/a1b2c3?_x_tr_sl=en'],
  ['a translator', `https://translate.google.com/translate?sl=en&tl=ms&u=${encodeURIComponent(LINK)}`],
  ['AMP', 'https://www.google.com/amp/s/www.dropbox.com/s/a1b2c3'],
  ['a cache of AMP', 'https://www-dropbox-com.cdn.ampproject.org/c/s/www.dropbox.com/s/a1b2c3'],
  ['the archive', `https://web.archive.org/web/2026/${LINK}`],
  ['any redirector', `https://click.partner.example/r?x=1&to=${encodeURIComponent(LINK)}`],
  ['any redirector, in the path', `https://click.partner.example/go/${encodeURIComponent(LINK)}`],
  ['any redirector, plain in the path', `https://click.partner.example/go/${LINK}`],
  ['any redirector, in the fragment', `https://click.partner.example/#${encodeURIComponent(LINK)}`],
  [
    'two deep',
    `https://l.facebook.com/l.php?u=${encodeURIComponent(`https://www.google.com/url?q=${encodeURIComponent(LINK)}`)}`,
  ],
  [
    'three deep',
    `https://click.partner.example/?u=${encodeURIComponent(`https://l.facebook.com/l.php?u=${encodeURIComponent(`https://www.google.com/url?q=${encodeURIComponent(LINK)}`)}`)}`,
  ],
  [
    'encoded three times',
    `https://click.partner.example/?u=${encodeURIComponent(encodeURIComponent(encodeURIComponent(LINK)))}`,
  ],
];

const SHORT = [
  'https://bit.ly/3abc',
  'https://tinyurl.com/abc',
  'https://t.co/abc',
  'https://goo.gl/abc',
  'https://is.gd/abc',
];

/** In text and in HTML. */
const both = (name: string, link: string): LinkRow[] => [
  [name, plain(link)],
  [`${name}, HTML`, a(link.replaceAll('&', '&amp;'))],
];

export const SPELLING_CASES: readonly Case[] = [
  ...SPELLINGS.map(linkCase('a spelling')),
  ...STORES.flatMap((link) => both(link, link)).map(linkCase('storage')),
  ...WRAPPED.flatMap(([name, link]) => both(name, link)).map(linkCase('wrapped')),
  ...SHORT.map((link): LinkRow => [link, plain(link)]).map(linkCase('shortened', 'short-link')),
];
