import { expect, test } from 'vitest';
import { parseScanReply, parseVersion } from './clamd.ts';

const clean: [string, string, boolean, string][] = [
  ['exactly OK about the whole stream is clean', 'stream: OK', true, 'clean'],
  ['OK before the whole stream was sent is no answer', 'stream: OK', false, 'unavailable'],
  ['a finding is found', 'stream: Eicar-Test-Signature FOUND', true, 'found'],
  ['a name with spaces and dots is found', 'stream: Win.Test (a b) FOUND', true, 'found'],
  ['an empty answer is none', '', true, 'unavailable'],
  ['half an answer is none', 'stream: O', true, 'unavailable'],
  ['an error is none', 'INSTREAM size limit exceeded. ERROR', true, 'unavailable'],
  ['an error that ends in OK is none', 'stream: broken: OK', true, 'unavailable'],
  ['OK in another case is none', 'stream: ok', true, 'unavailable'],
  ['OK with a tail is none', 'stream: OK\n', true, 'unavailable'],
  ['OK of another object is none', 'fd[10]: OK', true, 'unavailable'],
  ['a finding without a name is none', 'stream:  FOUND', true, 'unavailable'],
  ['control characters in a name are no answer', 'stream: a\x1b[2J FOUND', true, 'unavailable'],
];

for (const [name, reply, whole, kind] of clean) {
  test(name, () => expect(parseScanReply(reply, whole).kind).toBe(kind));
}

test('the signature is the name between', () => {
  expect(parseScanReply('stream: Heuristics.Encrypted.Zip FOUND', true)).toEqual({
    kind: 'found',
    signature: 'Heuristics.Encrypted.Zip',
  });
});

test('the version tells the date of the signatures', () => {
  expect(parseVersion('ClamAV 1.4.3/27800/Tue Nov 18 09:29:42 2025')).toEqual({
    kind: 'up',
    version: 'ClamAV 1.4.3/27800',
    signaturesAt: new Date(2025, 10, 18, 9, 29, 42).getTime(),
  });
  expect(parseVersion('ClamAV 1.4.6')).toEqual({ kind: 'up', version: 'ClamAV 1.4.6', signaturesAt: null });
  expect(parseVersion('UNKNOWN COMMAND').kind).toBe('unavailable');
});
