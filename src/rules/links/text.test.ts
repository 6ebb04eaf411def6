import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStorageList } from '../../config/storage-list.ts';
import { createLinkFinder } from './finder.ts';

const list = readStorageList(join(import.meta.dirname, '../../../config/external-storage.yaml'));

function reasonsIn(text: string): string[] {
  const finder = createLinkFinder({
    kind: 'text',
    part: '1',
    list,
    judged: { direction: 'in', agencies: [] },
  });
  finder.write(text);
  return finder.end().map(({ reason }) => reason);
}

describe('text is blocked with', () => {
  const cases: readonly string[] = [
    // With a scheme the host is enough.
    'https://www.dropbox.com/s/abc123/laporan.pdf?dl=0',
    'https://www.dropbox.com',
    'http://dropbox.com/',
    'HTTPS://WWW.DROPBOX.COM/S/ABC',
    'Sila muat turun di https://dl.dropboxusercontent.com/s/x.',
    'https://db.tt/abc',
    'https://1drv.ms/w/s!Abc',
    'https://onedrive.live.com/?id=1',
    'https://drive.google.com/file/d/1abc/view?usp=sharing',
    'https://drive.usercontent.google.com/download?id=1',
    'https://docs.google.com/document/d/1/edit',
    'https://docs.google.com/spreadsheets/d/1/edit#gid=0',
    'https://docs.google.com/a/moh.example/presentation/d/1',
    'https://docs.google.com/uc?export=download&id=1',
    'https://we.tl/t-abc',
    'https://wetransfer.com/downloads/abc',
    'https://app.box.com/s/abc',
    'https://mega.nz/file/abc#key',
    'https://moh-my.sharepoint.com/:w:/g/personal/a',
    'https://moh-my.sharepoint.com/personal/a',
    'https://moh-my.sharepoint.cn/personal/a',
    'https://moh.sharepoint.com/:x:/s/team/abc',
    'https://www.icloud.com/iclouddrive/0abc#x',
    'https://www.icloud.com/attachment/?u=https',
    'https://www.mediafire.com/file/abc',
    'https://u.pcloud.link/publink/show?code=1',
    'https://terabox.com/s/1abc',
    'https://1024terabox.com/s/1abc',
    'https://drive.proton.me/urls/ABC',
    'https://disk.yandex.ru/d/abc',
    'https://yadi.sk/d/abc',
    'ftp://files.dropbox.com/x',
    // Around it.
    '<https://www.dropbox.com/s/x>',
    '<URL:https://www.dropbox.com/s/x>',
    '(https://www.dropbox.com/s/x)',
    '(https://www.dropbox.com)',
    '"https://www.dropbox.com"',
    'Pautan:https://www.dropbox.com/s/x',
    'pautanhttps://www.dropbox.com/s/x',
    '请看https://www.dropbox.com/s/x，谢谢',
    '请看https://www.dropbox.com，谢谢',
    '[fail](https://www.dropbox.com/s/x)',
    '**https://www.dropbox.com/s/x**',
    '> > https://www.dropbox.com/s/x',
    'https://www.dropbox.com.',
    'https://www.dropbox.com, atau',
    'https://www.moh.example/,https://dropbox.com/s/x',
    'https://a.example">dropbox.com/s/x',
    // Spellings.
    'https://user:secret@www.dropbox.com/s/x',
    'https://www.moh.example@dropbox.com/s/x',
    'https://www.dropbox.com:443/s/x',
    'https://www.dropbox.com./s/x',
    'https://www.drop%62ox.com/s/x',
    'https:/www.dropbox.com/s/x',
    'https:///www.dropbox.com/s/x',
    'https:\\\\www.dropbox.com\\s\\x',
    'https://ｗｗｗ.ｄｒｏｐｂｏｘ.com/s/x',
    'https://www.dropbox。com/s/x',
    'https://www.ⓓⓡⓞⓟⓑⓞⓧ.com/s/x',
    'https://drop\u00adbox.com/s/x',
    'https://docs.google.com/%64ocument/d/1',
    'https://docs.google.com/forms/../document/d/1',
    'https://docs.google.com//document/d/1',
    'https://docs.google.com/DOCUMENT/d/1',
    'https://under_score.dropbox.com/s/x',
    // Without a scheme, with something behind the host.
    'dropbox.com/s/x',
    'www.dropbox.com/s/x',
    'WWW.DROPBOX.COM/s/x',
    '(www.dropbox.com/s/x)',
    'Pautan:dropbox.com/s/x',
    'fail=dropbox.com/s/x',
    '-dropbox.com/s/x',
    '_dropbox.com/s/x_',
    '📎dropbox.com/s/x',
    'www[.]dropbox.com/s/x',
    'drop\u200bbox.com/s/x',
    'dropbox.com:443/s/x',
    'dropbox.com./s/x',
    'dropbox.com?x=1',
    'mega.nz/#!abc!key',
    'mega.nz#F!abc',
    'we.tl/t-abc',
    '1drv.ms/b/s!x',
    'u.pcloud.link/publink/show?code=1',
    'ｗｗｗ.ｄｒｏｐｂｏｘ.com/s/x',
    '文件dropbox.com/s/x',
    'https:dropbox.com/s/x',
    '//dropbox.com/s/x',
    'file:dropbox.com/s/x',
    '\\\\moh-my.sharepoint.com@SSL\\DavWWWRoot\\personal\\a',
    '\\\\d.docs.live.net@SSL@443\\abc\\fail.docx',
    // Over two lines, where a reader puts them together.
    'https://www.drop \r\nbox-x.example https://drive. \r\ngoogle.com/file/d/1',
    'https://docs.google.com/ \r\ndocument/d/1/edit',
    '> https://docs.google.com/ \r\n> document/d/1/edit',
    '<https://docs.google.com/\r\n  document/d/1/edit>',
    '<URL:https://docs.\r\ngoogle.com/docu\r\nment/d/1/edit>',
  ];
  for (const text of cases) {
    test(JSON.stringify(text), () => {
      expect(reasonsIn(text)).toContain('external-storage');
      expect(reasonsIn(`Salam sejahtera,\r\n\r\nlihat ${text}\r\n\r\nSekian.\r\n`)).toContain(
        'external-storage',
      );
    });
  }
});

describe('text passes with', () => {
  const cases: readonly string[] = [
    'Jangan gunakan Dropbox, Google Drive atau WeTransfer.',
    'Laman www.dropbox.com disekat.',
    'dropbox.com',
    'dropbox.com, mega.nz dan box.com.',
    '(www.dropbox.com)',
    'dropbox.com/',
    'dropbox.com...',
    'hubungi urusetia@dropbox.com',
    'urusetia@dropbox.com/abc',
    'mailto:urusetia@dropbox.com?subject=a/b',
    'mailto:a@moh.example?body=https',
    'hxxps://www[.]dropbox[.]com/s/abc',
    'hxxps://www.dropbox.com/s/abc',
    'www[.]dropbox[.]com/s/abc',
    'dropbox(.)com/s/abc',
    'dropbox dot com/s/abc',
    'd r o p b o x . c o m / s / x',
    'media\u200bfire.com/file/x',
    'dropbox\u00ad.com/s/x',
    'https://www.notdropbox.com/s/x',
    'https://dropbox.com.moh.example/s/x',
    'https://dropbox.moh.example/s/x',
    'https://www.mailbox.com/s/x',
    'www.inbox.com/s/x',
    'mailbox.com/x?y=1',
    'https://xn--dropbox-x.example/s',
    'https://www.moh.example/dropbox.com/s/x',
    'https://www.moh.example/?q=dropbox.com/s/x',
    'https://www.google.com/search?q=dropbox.com/s/x',
    'https://www.google.com/',
    'https://www.google.com/maps/place/KKM',
    'https://docs.google.com/forms/d/e/1/viewform',
    'https://docs.google.com/forms/document',
    'https://docs.google.com/',
    'https://docs.google.com/documentary',
    'https://forms.gle/abc',
    'https://calendar.google.com/calendar/event?eid=1',
    'https://meet.google.com/abc-defg-hij',
    'https://moh.sharepoint.com/sites/team/SitePages/Home.aspx',
    'https://www.icloud.com/calendar/eventreply/?t=1',
    'https://www.microsoft.com/en-us/microsoft-365/onedrive',
    'https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%3a%22x%22%7d',
    'https://moh.zoom.example/j/123?pwd=abc',
    'https://maps.app.goo.gl/abc',
    'https://goo.gl/maps/abc',
    'https://box.moh.example/s/x',
    'https://web.example/a.box.com',
    'C:\\Users\\ali\\Dropbox\\fail.docx',
    '/home/ali/dropbox.com/s/x',
    '\\\\pelayan\\kongsi\\dropbox.com',
    'fail box.com.docx/pdf',
    '12.3.2017/14.5.2018 dan/atau e.g./i.e.',
    'jpg/png/v.1.2/x',
    'https://www.drop \r\nbox ialah',
    'https://docs.google.com/\r\ndocument ini',
    'lihat https://www.moh.example/ \r\nserta lampiran.',
    'https://',
    'http:///',
    '://dropbox',
    'https://[::1]/s/x https://192.0.2.1/s/x',
    'https://%zz/ https://a%00b/',
    '-----BEGIN PGP MESSAGE-----\r\nhQEMA//box.com+/abc//9dropbox/com/s\r\n=abcd\r\n-----END PGP MESSAGE-----',
    'begin 644 fail.bin\r\nM5&AI<R!I<R!A(\'1E<W0@9FEL92P@:70@:&%S(&$@9F5W(&QI;F5S("AI\r\n`\r\nend',
    'List-Unsubscribe di https://news.example/u?e=ali%40dropbox.com',
  ];
  for (const text of cases) {
    test(JSON.stringify(text), () => {
      expect(reasonsIn(text)).toEqual([]);
      expect(reasonsIn(`Salam sejahtera,\r\n\r\nlihat ${text}\r\n\r\nSekian.\r\n`)).toEqual([]);
    });
  }
});
