import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dangerousKind, type FileKind, KIND_BYTES, kindOf, treatmentOf } from './file-kinds.ts';
import { textOf } from './sniff-text.ts';

const NONE = 'application/octet-stream';
const hex = (text: string): Buffer => Buffer.concat([Buffer.from(text, 'hex'), Buffer.alloc(64)]);
const text = (words: string): Buffer => Buffer.from(words);
const OLE = hex('d0cf11e0a1b11ae1');
const ZIP = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), deflateRawSync('x')]);
const MZ = Buffer.concat([text('MZ'), Buffer.from('90000300000004000000ffff0000', 'hex'), Buffer.alloc(64)]);
const TAR = Buffer.concat([text('a.txt'), Buffer.alloc(252), text('ustar\x0000'), Buffer.alloc(248)]);
const PNG = hex('89504e470d0a1a0a');

const KINDS: [string, FileKind, Buffer, string[]?, string?][] = [
  ['a ZIP', 'zip', ZIP],
  ['a letter of Word', 'zip', ZIP, ['a.docx']],
  ['an empty ZIP', 'zip', hex('504b0506')],
  ['a ZIP behind something else', 'zip', PNG, ['a.zip']],
  ['a ZIP behind a PDF', 'zip', text('%PDF-1.7\n'), ['a.zip']],
  ['a ZIP behind text', 'zip', text('hello'), ['a.docx']],
  ['a nameless ZIP behind text', 'zip', text('hello'), [], 'application/zip'],
  ['gzip', 'gzip', gzipSync('x'), ['a.gz']],
  ['tar', 'tar', TAR],
  ['tar without a mark', 'tar', hex('612e747874'), ['a.tar']],
  ['a PDF', 'pdf', text('%PDF-1.4\n')],
  ['a PDF under another name', 'pdf', text('%PDF-1.4\n'), ['a.txt']],
  ['a PDF that begins late', 'pdf', text(`${'x'.repeat(900)}%PDF-1.4`), ['a.pdf']],
  ['a PDF behind a picture', 'pdf', Buffer.concat([PNG, text('%PDF-1.4')])],
  ['a PDF that is a ZIP as well', 'pdf', Buffer.concat([ZIP, text('%PDF-1.4')]), ['a.pdf']],
  ['an old letter of Word', 'ole', OLE, ['a.doc']],
  ['a letter of Word under a password', 'ole', OLE, ['a.docx']],
  ['RTF as .doc', 'rtf', text('{\\rtf1 x}'), ['a.doc']],
  ['winmail.dat', 'tnef', hex('789f3e22')],
  ['a link of macOS in binary form', 'webloc', text('bplist00\xd1'), ['a.webloc']],
  ['a link of macOS', 'html', text('<?xml version="1.0"?><plist>'), ['a.webloc']],
  ['a link of Windows', 'url', text('[InternetShortcut]\r\nURL=http://x'), ['a']],
  ['the same by its name', 'url', text('; x\r\n[InternetShortcut]'), ['a.url']],
  ['an appointment', 'ics', text('BEGIN:VCALENDAR\r\n')],
  ['a message', 'eml', text('From: a@moh.example\r\n'), ['a.eml']],
  ['a page with its pictures', 'eml', text('MIME-Version: 1.0\r\n'), ['a.mht']],
  ['a page', 'html', text('\n<!DOCTYPE html><p>'), ['a']],
  ['a page as .xls', 'html', text('<html xmlns:x="y">'), ['a.xls']],
  ['a page by its type', 'html', text('hello'), [], 'text/html'],
  ['a page in UTF-16', 'html', Buffer.from('\ufeff<html>', 'utf16le')],
  ['a page in UTF-16 without a mark', 'html', Buffer.from('<html><body>', 'utf16le')],
  ['a drawing', 'html', text('<svg>'), ['a.svg'], 'image/svg+xml'],
  ['text that begins like markup', 'text', text('<!-- see'), ['a.txt']],
  ['text', 'text', text('Tuan, selamat sejahtera é'), ['a.txt']],
  ['text of Windows', 'text', Buffer.from('Terima kasih \x96 caf\xe9', 'latin1')],
  ['a table as .xls', 'text', text('a\tb\r\n'), ['a.xls']],
  ['an empty file', 'text', Buffer.alloc(0), ['a.txt']],
  ['RAR', 'rar', text('Rar!\x1a\x07\x00')],
  ['7z', '7z', hex('377abcaf271c')],
  ['xz', 'xz', hex('fd377a585a00')],
  ['bzip2', 'bzip2', hex('425a6839314159265359')],
  ['a disk image', 'disk-image', Buffer.alloc(64), ['a.iso']],
  ['a cabinet', 'cab', hex('4d534346')],
  ['a picture', 'data', PNG, ['a.png']],
  ['a picture that is called a PDF', 'data', PNG, ['a.pdf']],
  ['a drawing of AutoCAD', 'data', hex('414331303332000000'), ['a.dwg']],
  ['a Windows program', 'windows-program', MZ, ['a.pdf']],
  ['a Linux program', 'linux-program', hex('7f454c46'), ['a.jpg']],
  ['a macOS program', 'mac-program', hex('cffaedfe')],
  ['a Java class', 'java-class', hex('cafebabe')],
  ['a shortcut', 'shortcut', hex('4c0000000114020000000000c000000000000046'), ['a.pdf']],
  ['an installer', 'installer', OLE, ['a.msi']],
  ['a script', 'script', text('#!/bin/sh\n'), ['doit']],
  ['a script to read', 'text', text('#!/bin/sh\n'), ['a.txt']],
  [
    'a document in one file of XML',
    'office-xml',
    text('<?xml version="1.0"?><?mso-application progid="Word.Document"?>'),
    ['a.doc'],
  ],
  [
    'the same with no name of its own',
    'office-xml',
    text('<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">'),
    ['a.txt'],
  ],
  ['a script with a mark of UTF-8', 'script', text('\ufeff#! /usr/bin/env python')],
  ['an HTML application', 'hta', text('<html><head><HTA:APPLICATION id="x">'), ['a.html']],
  ['a Windows script', 'windows-script', text('<?xml version="1.0"?>\n<job><script language="JScript">')],
  [
    'entries of the registry',
    'registry-file',
    Buffer.from('\ufeffWindows Registry Editor Version 5', 'utf16le'),
  ],
  ['compiled help', 'compiled-help', text('ITSF\x03\0\0\0')],
  ['a virtual disk', 'virtual-disk', text('vhdxfile\0\0')],
];
test.each(KINDS)('%s is %s', (_, kind, start, names = [], type = NONE) =>
  expect(kindOf(start, names, type)).toBe(kind),
);

test('text about programs is no program', () => {
  const words = [
    'MZ is the mark of a DOS program, as everybody knows',
    '# !/bin/sh',
    'Rar! says the bird',
    '%PDF',
  ];
  for (const each of words) expect(kindOf(text(each), ['a.txt'], 'text/plain')).toBe('text');
  expect(kindOf(text('How to use <hta:application>'), ['a.txt'], 'text/plain')).toBe('text');
});

test('a program of any name is one, and what is dangerous has a word', () => {
  for (const name of ['a.zip', 'a.docx', 'a.pdf', 'a.txt', 'a']) {
    expect(dangerousKind(kindOf(MZ, [name], NONE))).toBe('a Windows program');
  }
  expect(
    KINDS.map(([, kind]) => kind).filter(
      (kind) => (treatmentOf(kind) === 'dangerous') !== (dangerousKind(kind) !== null),
    ),
  ).toEqual([]);
});

describe('octets of any kind', () => {
  test('have a kind', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000 }),
        fc.array(fc.string(), { maxLength: 3 }),
        (octets, names) => {
          expect(treatmentOf(kindOf(Buffer.from(octets), names, NONE))).toBeTypeOf('string');
        },
      ),
    ));

  test('behind the first 4 kB change nothing', () => {
    const start = Buffer.alloc(KIND_BYTES, 'a');
    expect(kindOf(Buffer.concat([start, Buffer.alloc(9)]), [], NONE)).toBe('text');
  });

  test('are text in UTF-16 as well, but not with zeros in between', () => {
    expect(textOf(Buffer.from('\ufeffSelamat', 'utf16le'))).toBe('Selamat');
    expect(textOf(Buffer.from('Selamat', 'utf16le').swap16())).toBe('Selamat');
    expect(textOf(Buffer.from('a\0b'))).toBeNull();
    expect(textOf(Buffer.from('\ufeffa\0', 'utf16le'))).toBeNull();
  });
});
