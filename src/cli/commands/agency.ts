/** geganti agency: the agencies and their domains. */
import type { Agency, AgencyList } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import type { Command, CommandGroup } from '../command.ts';
import { quotaOption } from '../quota-option.ts';

const add: Command = {
  name: 'agency add',
  summary: 'Add an agency with its mail domains',
  operands: [{ name: 'CODE', summary: 'short code, such as moh' }],
  options: [
    { name: 'name', value: 'TEXT', summary: 'full name', required: true },
    { name: 'domain', value: 'DOMAIN', summary: 'mail domain of the agency', required: true, multiple: true },
    {
      name: 'scheme',
      value: 'SCHEME',
      summary: 'how its grades are numbered: classic (default), or sspa since December 2024',
      choices: ['classic', 'sspa'],
    },
    {
      name: 'quota',
      value: 'SIZE',
      summary: 'size of each of its mailboxes, such as "2 GB"; by grade when not given',
    },
  ],
  examples: [
    'agency add moh --name "Kementerian Kesihatan" --domain moh.example',
    'agency add mot --name "Kementerian Pengangkutan" --domain mot.example --domain mail.mot.example --scheme sspa',
  ],
  async run(call, { api, terminal }) {
    const agency = await api.post<Agency>('/agencies', {
      code: call.operand('CODE'),
      name: call.text('name'),
      domains: call.texts('domain'),
      gradeScheme: call.text('scheme') ?? 'classic',
      quotaBytes: quotaOption(call),
    });
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
    else if (agencies.length === 0) terminal.complain('no agency yet; add one with: geganti agency add');
    else {
      const rows = agencies.map(({ code, name, domains, gradeScheme, quotaBytes }) => [
        code,
        name,
        domains.join(', '),
        gradeScheme,
        quotaBytes === null ? 'by grade' : formatSize(quotaBytes),
      ]);
      terminal.table(['CODE', 'NAME', 'DOMAINS', 'GRADES', 'MAILBOXES'], rows);
    }
    return 0;
  },
};

export const agencyCommands: CommandGroup = { title: 'Agencies', commands: [add, list] };
