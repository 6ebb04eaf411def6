/** Looks into one file as the box does, in this process. */
import type { Found } from '../../src/mail/finding.ts';
import type { Part } from '../../src/mail/parts.ts';
import { createMessageBox } from '../../src/policy/box/box.ts';
import type { ContentPolicy } from '../../src/rules/content-policy.ts';
import { createInspector } from '../../src/rules/inspect.ts';

const storageHost = (host: string) => ({ host, paths: [], except: [], comment: '' });

/** Enough for what is looked into; what is done about it is not decided here. */
export const BOXED_POLICY = {
  modes: {} as ContentPolicy['modes'],
  attachmentBytes: 10_485_760,
  dangerousNames: ['exe', 'js', 'vbs', 'bat', 'scr', 'lnk'],
  storage: {
    hosts: ['dropbox.com', 'we.tl', '*-my.sharepoint.com'].map(storageHost),
    shorteners: ['bit.ly'],
    allowed: {},
  },
} satisfies ContentPolicy;

/** What is forbidden, in places where the tests put it. */
export const BLOCKED = 'https://www.dropbox.com/s/abc/letter';
export const CLEAN = 'https://www.moh.example/s/abc/letter';
/** The beginning of a Windows program. */
export const PROGRAM = Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), Buffer.alloc(200)]);

/** Throws what the box throws. */
export async function foundIn(name: string, octets: Buffer | string, type = ''): Promise<Found[]> {
  const found: Found[] = [];
  const box = createMessageBox({
    policy: BOXED_POLICY,
    judged: { direction: 'in', agencies: [] },
    createInspector,
    report: (one) => found.push(one),
  });
  const part: Part = {
    path: '2',
    depth: 1,
    type,
    names: name === '' ? [] : [name],
    disposition: 'attachment',
    encoding: 'base64',
    charset: null,
    isAttachment: true,
  };
  await box.open(part, Buffer.from(octets));
  return found;
}

/** "reason part", each once: enough for most tables. */
export async function seenIn(name: string, octets: Buffer | string, type = ''): Promise<string[]> {
  const found = await foundIn(name, octets, type);
  return [...new Set(found.map(({ reason, part }) => `${reason} ${part}`))];
}
