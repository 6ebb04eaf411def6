/**
 * The tables of docs/policy.md are those of the catalogue, between `<!-- NAME -->` and `<!-- /NAME -->`. Exit code 1 where
 * they differ; `--write` writes them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DANGEROUS_NAMES, shownModes, wordsOf } from '../../src/config/policy-readers.ts';
import type { Reason } from '../../src/mail/finding.ts';
import { DEFAULT_MODES, REASON_CATALOGUE, replyOf, weightOf } from '../../src/rules/catalogue.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'policy.md');

/** What is found, in an example each. */
const EXAMPLES: Readonly<Record<Reason, string>> = {
  'attachment-size': '12.3 MB of 10 MB',
  'external-storage': 'hxxps://www[.]dropbox[.]com/s/abc/laporan.pdf',
  'short-link': 'hxxps://bit[.]ly/abc',
  structure: 'a MIME field is given twice',
  'too-complex': 'too many parts',
  'dangerous-attachment': 'faktur.pdf.exe',
  'encrypted-archive': 'laporan.zip',
  'unopened-archive': 'gambar.rar',
  sealed: 'application/pkcs7-mime',
  virus: 'Eicar-Test-Signature',
  unscannable: 'Heuristics.Limits.Exceeded',
  spam: '',
  junk: '',
};

const reasons = Object.keys(EXAMPLES)
  .filter((name): name is Reason => Object.hasOwn(REASON_CATALOGUE, name))
  .sort((a, b) => weightOf(a) - weightOf(b));

const BLOCKS: Readonly<Record<string, () => string>> = { rules: rulesTable, reasons: reasonTexts, names };

let page = readFileSync(PAGE, 'utf8');
for (const [name, make] of Object.entries(BLOCKS)) page = withBlock(page, name, make());
if (process.argv.includes('--write')) {
  writeFileSync(PAGE, page);
} else if (page !== readFileSync(PAGE, 'utf8')) {
  console.error('docs/policy.md is not what the catalogue says: node test/checks/policy.ts --write');
  process.exitCode = 1;
}

function withBlock(text: string, name: string, block: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->\n`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/policy.md has no place for "${name}"`);
  return `${text.slice(0, from)}${begin}\n${block}\n${text.slice(to)}`;
}

function rulesTable(): string {
  const rows = reasons.map((reason) => {
    const { rule, clause } = REASON_CATALOGUE[reason];
    const modes = shownModes(DEFAULT_MODES[reason]);
    return `| ${rule} | [\`${reason}\`](#${reason}) | ${clause} | ${modes.in} | ${modes.out} | ${modes.within} |\n`;
  });
  return `| Rule | Reason | Clause | In | Out | Within |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('')}`;
}

function reasonTexts(): string {
  return reasons.map(reasonText).join('\n');
}

function reasonText(reason: Reason): string {
  const { malay, english, clause, meaning, remedy } = REASON_CATALOGUE[reason];
  const reply = replyOf({ reason, detail: EXAMPLES[reason], part: null });
  const lines = reply.lines.map((line, i) => {
    const dash = i < reply.lines.length - 1 ? '-' : ' ';
    return `    ${reply.code}${dash}${reply.enhanced} ${line}\n`;
  });
  return [
    `### ${reason}\n\n${capital(english)} · *${malay}* · ${clause}\n\n`,
    `${meaning} **What to do:** ${remedy}\n\n${lines.join('')}\n`,
    `Modes: ${wordsOf(reason).join(', ')}.\n`,
  ].join('');
}

function names(): string {
  return `${DANGEROUS_NAMES.map((name) => `\`${name}\``).join(' ')}\n`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
