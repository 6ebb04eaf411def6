import { expect, test } from 'vitest';
import { BLOCKED, CLEAN, foundIn, PROGRAM, seenIn } from '../../../../test/support/boxed.ts';
import { zip } from '../../../../test/support/zip-writer.ts';

function message(body: string, name: string, octets: Buffer | string): string {
  const base64 = Buffer.from(octets).toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    'From: ali@moh.example',
    'Subject: a letter',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    body,
    '--b',
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    base64,
    '--b--',
    '',
  ].join('\r\n');
}

const archive = (text: string): Buffer => zip([{ name: 'b.txt', data: text }]);
const cases: [name: string, file: string, octets: Buffer | string, expected: string[]][] = [
  ['a clean message', 'a.eml', message(CLEAN, 'a.zip', archive(CLEAN)), []],
  ['a blocked link in its text', 'a.eml', message(BLOCKED, 'a.txt', 'x'), ['external-storage 2!1']],
  ['a blocked link in its archive', 'a.eml', message('x', 'a.zip', archive(BLOCKED)), ['external-storage 2!2!b.txt']],
  ['a program in it', 'a.eml', message('x', 'a.png', PROGRAM), ['dangerous-attachment 2!2']],
  ['a message in an archive', 'a.zip', zip([{ name: 'a.eml', data: message('x', 'a.zip', archive(BLOCKED)) }]), ['external-storage 2!a.eml!2!b.txt']],
  ['a saved page', 'a.mht', `MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a href=3D"https://www.drop=\r\nbox.com/s/x">x</a>`, ['external-storage 2!1']],
  ['more than the size of attachments is nothing in a file', 'a.zip', zip([{ name: 'a.eml', data: message('x', 'a.bin', Buffer.alloc(12_000_000, 7)), stored: true }]), []],
]; // biome-ignore format: a table

for (const [name, file, octets, expected] of cases) {
  test(`messages as files: ${name}`, async () => expect(await seenIn(file, octets)).toEqual(expected));
}

test('messages as files: a structure with two readings cannot be opened', async () => {
  const [found, ...more] = await foundIn(
    'a.eml',
    `Content-Type: text/plain\r\n${message(CLEAN, 'a.txt', 'x')}`,
  );
  expect(more).toEqual([]);
  expect(found).toMatchObject({ reason: 'unopened-archive' });
  expect(found?.detail).toContain('a.eml: ');
});
