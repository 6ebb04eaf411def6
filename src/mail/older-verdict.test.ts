import { expect, test } from 'vitest';
import { completeVerdict } from './older-verdict.ts';
import type { Verdict } from './verdict.ts';

const cases: [Verdict['kind'], Verdict['action'], string[]][] = [
  ['clean', 'deliver', []],
  ['junk', 'junk', ['junk']],
  ['spam', 'refuse', ['spam']],
  ['infected', 'refuse', ['virus']],
  ['unscannable', 'quarantine', ['unscannable']],
];
for (const [kind, action, reasons] of cases) {
  test(`an older verdict "${kind}" means ${action}`, () => {
    const signature = kind === 'infected' ? 'Eicar' : null;
    const verdict = completeVerdict({ kind, signature, score: 1, junkScore: 6, symbols: [] });
    expect(verdict).toMatchObject({ kind, signature, action, score: 1 });
    expect(verdict.findings.map(({ reason }) => reason)).toEqual(reasons);
    for (const finding of verdict.findings) expect(finding.action).toBe(action);
  });
}
