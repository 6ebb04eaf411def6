import { expect, test } from 'vitest';
import type { Finding, RecordedEvent } from '../http/resources.ts';
import { describeEvent } from './describe-event.ts';
import { findingsInWords } from './reason-words.ts';
import { createTimes } from './times.ts';

const LINK: Finding = {
  reason: 'external-storage',
  detail: 'hxxps://we[.]tl/x',
  part: '2!a.docx',
  action: 'refuse',
};
const VIRUS: Finding = { reason: 'virus', detail: 'Eicar', part: null, action: 'refuse' };
const SEALED: Finding = { reason: 'sealed', detail: 'application/pkcs7-mime', part: null, action: 'observe' };
const TIMES = createTimes(() => 'Asia/Kuala_Lumpur', { now: () => 0 });
const said = (event: object): string =>
  describeEvent({ at: '2026-11-24T08:00:00.000Z', event: 'x', id: 'm1', ...event } as RecordedEvent, TIMES)
    .meaning;

test('a finding is told with what it is, where it is and what is done about it', () => {
  expect(findingsInWords([LINK, SEALED])).toBe(
    'link to external storage: hxxps://we[.]tl/x in part 2!a.docx (refused); ' +
      'encrypted mail: application/pkcs7-mime (only noted)',
  );
  expect(findingsInWords([])).toBe('');
  expect(findingsInWords(Array(7).fill(SEALED)).endsWith('; 2 more')).toBe(true);
  expect(findingsInWords([{ ...LINK, reason: 'of-tomorrow' as never }])).toContain('of-tomorrow: hxxps');
});

test('a scan tells what the rules found once, and what the scanners did in their own words', () => {
  const verdict = {
    kind: 'infected',
    action: 'refuse',
    signature: 'Eicar',
    score: 0,
    junkScore: 0,
    symbols: [],
  };
  expect(said({ kind: 'scanned', tookMs: 40, verdict: { ...verdict, findings: [VIRUS, SEALED] } })).toBe(
    'Scanned in 40 ms: infected (Eicar); encrypted mail: application/pkcs7-mime (only noted)',
  );
});

test('a refusal tells for what, and not what is noted beside it', () => {
  const client = { address: '192.0.2.9', helo: 'x', tls: null };
  const refused = { kind: 'refused', door: 'mx', command: 'DATA', client, login: null, recipient: null };
  expect(
    said({ ...refused, id: null, sender: 'a@b.example', reply: '550 no', findings: [LINK, SEALED] }),
  ).toBe(
    'Refused at mx (DATA) from a@b.example, client 192.0.2.9: ' +
      'link to external storage: hxxps://we[.]tl/x in part 2!a.docx (refused)',
  );
});
