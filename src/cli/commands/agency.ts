import type { Agency, AgencyList } from '../../http/resources.ts';
import type { Command, CommandGroup } from '../command.ts';

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
  ],
  async run(call, { api, terminal }) {
    const agency = await api.post<Agency>('/agencies', {
      code: call.operand('CODE'),
      name: call.text('name'),
      domains: call.texts('domain'),
      gradeScheme: call.text('scheme') ?? 'classic',
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
      const rows = agencies.map(({ code, name, domains, gradeScheme }) => [
        code,
        name,
        domains.join(', '),
        gradeScheme,
      ]);
      terminal.table(['CODE', 'NAME', 'DOMAINS', 'GRADES'], rows);
    }
    return 0;
  },
};

export const agencyCommands: CommandGroup = { title: 'Agencies', commands: [add, list] };
