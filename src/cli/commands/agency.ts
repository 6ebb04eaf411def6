/** geganti agency: the agencies and their domains. */
import type { Agency, AgencyChanges, AgencyList, NewAgency } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import { type Command, type CommandGroup, type Option, UsageError } from '../command.ts';
import { quotaOption } from '../option-values.ts';
import { rigid } from '../table.ts';

const CODE = { name: 'CODE', summary: 'short code, such as moh' };
const QUOTA: Option = {
  name: 'quota',
  value: 'SIZE',
  summary: 'size of each of its mailboxes, such as "2 GB"; "default": by grade',
};

const add: Command = {
  name: 'agency add',
  summary: 'Add an agency with its mail domains',
  operands: [CODE],
  options: [
    { name: 'name', value: 'TEXT', summary: 'full name', required: true },
    { name: 'domain', value: 'DOMAIN', summary: 'mail domain of the agency', required: true, multiple: true },
    {
      name: 'scheme',
      value: 'SCHEME',
      summary: 'how its grades are numbered: classic (default), or sspa since December 2024',
      choices: ['classic', 'sspa'],
    },
    QUOTA,
  ],
  examples: [
    'agency add moh --name "Kementerian Kesihatan" --domain moh.example',
    'agency add mot --name "Kementerian Pengangkutan" --domain mot.example --domain mail.mot.example --scheme sspa',
  ],
  async run(call, { api, terminal }) {
    const wanted: NewAgency = {
      code: call.operand('CODE'),
      name: call.text('name') ?? '',
      domains: [...call.texts('domain')],
      gradeScheme: call.text('scheme') === 'sspa' ? 'sspa' : 'classic',
      quotaBytes: quotaOption(call) ?? null,
    };
    const agency = await api.post<Agency>('/agencies', wanted);
    if (call.json) terminal.json(agency);
    else terminal.line(`Agency ${agency.code} (${agency.name}) added, with ${agency.domains.join(', ')}`);
    return 0;
  },
};

const list: Command = {
  name: 'agency list',
  summary: 'List the agencies',
  operands: [],
  options: [],
  async run(call, { api, terminal }) {
    const { agencies } = await api.get<AgencyList>('/agencies');
    if (call.json) terminal.json({ agencies });
    else if (agencies.length === 0) terminal.note('no agency yet; add one with: geganti agency add');
    else {
      const rows = agencies.map((agency) => [
        agency.code,
        agency.name,
        agency.domains.join(', '),
        agency.gradeScheme,
        mailboxes(agency),
      ]);
      terminal.table([rigid('CODE'), 'NAME', 'DOMAINS', rigid('GRADES'), rigid('MAILBOXES')], rows);
    }
    return 0;
  },
};

const show: Command = {
  name: 'agency show',
  summary: 'Show one agency',
  operands: [CODE],
  options: [],
  async run(call, { api, terminal, times }) {
    const agency = await api.get<Agency>(pathOf(call.operand('CODE')));
    if (call.json) terminal.json(agency);
    else
      terminal.facts([
        ['Agency', { text: agency.code, style: 'strong' }],
        ['Name', agency.name],
        ['Domains', agency.domains.join(', ')],
        ['Grades', agency.gradeScheme],
        ['Mailboxes', mailboxes(agency)],
        ['Added', times.format(agency.createdAt)],
      ]);
    return 0;
  },
};

const set: Command = {
  name: 'agency set',
  summary: 'Change an agency; what is not named stays as it is',
  operands: [CODE],
  options: [
    { name: 'name', value: 'TEXT', summary: 'full name' },
    QUOTA,
    { name: 'add-domain', value: 'DOMAIN', summary: 'mail domain that it gets as well', multiple: true },
  ],
  examples: ['agency set moh --add-domain hq.moh.example', 'agency set moh --quota default'],
  async run(call, { api, terminal }) {
    const name = call.text('name');
    const quotaBytes = quotaOption(call);
    const addDomains = [...call.texts('add-domain')];
    const changes: AgencyChanges = {
      ...(name !== null && { name }),
      ...(quotaBytes !== undefined && { quotaBytes }),
      ...(addDomains.length > 0 && { addDomains }),
    };
    if (Object.keys(changes).length === 0) {
      throw new UsageError('agency set: nothing to change; say --name, --quota or --add-domain');
    }
    const agency = await api.patch<Agency>(pathOf(call.operand('CODE')), changes);
    if (call.json) terminal.json(agency);
    else
      terminal.line(
        `Agency ${agency.code} is now: ${agency.name}, with ${agency.domains.join(', ')}, mailboxes ${mailboxes(agency)}`,
      );
    return 0;
  },
};

export const agencyCommands: CommandGroup = { title: 'Agencies', commands: [add, list, show, set] };

function mailboxes({ quotaBytes }: Agency): string {
  return quotaBytes === null ? 'by grade' : formatSize(quotaBytes);
}

function pathOf(code: string): string {
  return `/agencies/${encodeURIComponent(code)}`;
}
