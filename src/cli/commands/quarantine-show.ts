/**
 * geganti quarantine show: one kept message as far as it may be shown: what is known of it, why it is kept and what an
 * operator can do, its header, the tree of its parts. Never its content.
 */
import type { KeptContents, KeptMessageInFull } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import { REASON_TEXTS } from '../../rules/reason-texts.ts';
import { senderOf } from '../addresses.ts';
import { Refusal } from '../api-client.ts';
import type { Command, Context } from '../command.ts';
import type { Part } from '../parts.ts';
import type { Times } from '../times.ts';
import { keptBecause } from '../words.ts';

const NOT_FOUND = 404;
const HEAD: readonly string[] = ['from', 'to', 'cc', 'subject', 'date', 'message-id'];

export const showKept: Command = {
  name: 'quarantine show',
  summary: 'Show one message in quarantine: why it is kept, its header and its parts, never its content',
  operands: [{ name: 'ID', summary: 'message id' }],
  options: [{ name: 'headers', value: null, summary: 'all lines of its header, and not the usual ones' }],
  async run(call, context) {
    const { api, terminal, times } = context;
    const url = `/quarantine/${encodeURIComponent(call.operand('ID'))}`;
    const item = await api.get<KeptMessageInFull>(url);
    const contents = await contentsOf(url, context);
    if (call.json) {
      terminal.json({ ...item, ...contents });
      return 0;
    }
    terminal.facts(facts(item, times));
    showWhy(item, context);
    if (contents) showContents(contents, call.flag('headers'), context);
    else
      terminal.line({
        text: '-- its content cannot be read; the log of the server says why --',
        style: 'warning',
      });
    return 0;
  },
};

/** Null: it is damaged, or went at this moment. */
async function contentsOf(url: string, { api }: Context): Promise<KeptContents | null> {
  try {
    return await api.get<KeptContents>(`${url}/contents`);
  } catch (error) {
    if (error instanceof Refusal && error.status === NOT_FOUND) return null;
    throw error;
  }
}

function facts(item: KeptMessageInFull, times: Times): [string, Part | null][] {
  const client = item.client && `${item.client.address} (${item.client.helo})`;
  return [
    ['Message', item.id],
    ['Reason', { text: keptBecause(item.reason), style: 'bad' }],
    ['Detail', item.detail],
    ['Sender', senderOf(item.sender)],
    ['Logged in as', item.login?.address ?? null],
    ['Kept from', item.recipients.join(', ')],
    ['Size', formatSize(item.sizeBytes)],
    ['Door', item.door],
    ['Client', client],
    ['TLS', item.client?.tls ?? null],
    ['clamd said', item.verdict?.signature ?? null],
    // A virus is decided without the spam filter, which has then no score.
    [
      'Spam score',
      item.verdict?.junkScore ? `${item.verdict.score} (junk from ${item.verdict.junkScore})` : null,
    ],
    ['Spam symbols', item.verdict?.symbols.join(', ') || null],
    ['Received', times.format(item.receivedAt)],
    ['Kept', times.format(item.keptAt)],
    ['Kept until', times.format(item.expiresAt)],
  ];
}

/** Every finding, and once for each reason what it means. */
function showWhy({ verdict }: KeptMessageInFull, { terminal }: Context): void {
  const explained = new Set<string>();
  for (const { reason, action, detail, part } of verdict?.findings ?? []) {
    const where = part === null ? '' : ` in part ${part}`;
    terminal.line();
    terminal.line({ text: `${reason}${where}`, style: 'strong' }, `: ${detail} `, {
      text: `(${action})`,
      style: 'faint',
    });
    // A newer server may know more reasons than this command.
    const text = Object.hasOwn(REASON_TEXTS, reason) ? REASON_TEXTS[reason] : null;
    if (text && !explained.has(reason)) {
      terminal.line('  ', text.meaning);
      terminal.line('  ', text.remedy);
    }
    explained.add(reason);
  }
}

function showContents({ fields, parts, cut }: KeptContents, all: boolean, { terminal }: Context): void {
  terminal.line();
  terminal.line({ text: 'Header', style: 'strong' });
  const shown = fields.filter(({ name }) => all || HEAD.includes(name.toLowerCase()));
  terminal.facts(shown.map(({ name, value }) => [`  ${name}`, value]));
  terminal.line();
  terminal.line({ text: 'Parts', style: 'strong' });
  const rows = parts.map(({ path, depth, type, names, disposition, sizeBytes }) => [
    `${'  '.repeat(Math.min(depth, 10) + 1)}${path}`,
    type,
    sizeBytes === null ? '' : formatSize(sizeBytes),
    [names.map((name) => `"${name}"`).join(' or '), disposition ?? '']
      .filter((text) => text !== '')
      .join(', '),
  ]);
  for (const row of aligned(rows)) terminal.line(row);
  if (cut) terminal.line({ text: '-- there is more than is shown --', style: 'faint' });
}

/** Everywhere alike: the tree is for people. */
function aligned(rows: readonly string[][]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
