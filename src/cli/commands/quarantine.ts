/** geganti quarantine: kept mail and its reasons. */
import type { KeptMessage, KeptMessageInFull, QuarantineList } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import type { Command, CommandGroup } from '../command.ts';
import { keptBecause, senderOf, several } from '../describe-event.ts';
import type { Part } from '../terminal.ts';
import type { Times } from '../times.ts';

const list: Command = {
  name: 'quarantine list',
  summary: 'List the messages that are kept from their recipients',
  operands: [],
  options: [],
  async run(call, { api, terminal, times }) {
    const found = await api.get<QuarantineList>('/quarantine');
    if (call.json) terminal.json(found);
    else if (found.items.length === 0) terminal.complain('nothing is in quarantine');
    else {
      const head = ['ID', 'KEPT', 'REASON', 'FROM', 'TO', 'SIZE', 'DETAIL'];
      terminal.table(
        head,
        found.items.map((item) => row(item, times)),
      );
    }
    return 0;
  },
};

const show: Command = {
  name: 'quarantine show',
  summary: 'Show what is known of one message in quarantine',
  operands: [{ name: 'ID', summary: 'message id' }],
  options: [],
  async run(call, { api, terminal, times }) {
    const item = await api.get<KeptMessageInFull>(`/quarantine/${encodeURIComponent(call.operand('ID'))}`);
    if (call.json) terminal.json(item);
    else terminal.facts(facts(item, times));
    return 0;
  },
};

export const quarantineCommands: CommandGroup = { title: 'Quarantine', commands: [list, show] };

function row(item: KeptMessage, times: Times): Part[] {
  return [
    item.id,
    times.format(item.keptAt),
    { text: item.reason, style: item.reason === 'infected' ? 'bad' : 'warning' },
    senderOf(item.sender),
    several(item.recipients),
    formatSize(item.sizeBytes),
    item.detail,
  ];
}

function facts(item: KeptMessageInFull, times: Times): [string, Part][] {
  const client = item.client && `${item.client.address} (${item.client.helo})`;
  const rows: [string, Part | null][] = [
    ['Message', item.id],
    ['Reason', { text: keptBecause(item.reason), style: 'bad' }],
    ['Detail', item.detail],
    ['From', senderOf(item.sender)],
    ['Logged in as', item.login?.address ?? null],
    ['Kept from', item.recipients.join(', ')],
    ['Size', formatSize(item.sizeBytes)],
    ['Message-ID', item.messageIdHeader],
    ['Door', item.door],
    ['Client', client],
    ['TLS', item.client?.tls ?? null],
    ['clamd said', item.verdict?.signature ?? null],
    ['Spam score', item.verdict && `${item.verdict.score} (junk from ${item.verdict.junkScore})`],
    ['Spam symbols', item.verdict?.symbols.join(', ') || null],
    ['Received', times.format(item.receivedAt)],
    ['Kept', times.format(item.keptAt)],
    ['Deleted', times.format(item.expiresAt)],
  ];
  return rows.flatMap(([name, value]): [string, Part][] => (value === null ? [] : [[name, value]]));
}
