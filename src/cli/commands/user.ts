/** geganti user: people with mailboxes. A password is printed once and kept nowhere. */
import type { UserList, UserWithPassword } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import type { Command, CommandGroup } from '../command.ts';
import { quotaOption } from '../quota-option.ts';
import type { Terminal } from '../terminal.ts';

const ADDRESS = { name: 'ADDRESS', summary: 'mail address, such as ali@moh.example' };

const add: Command = {
  name: 'user add',
  summary: 'Add a user with a mailbox; prints a password, once',
  operands: [ADDRESS],
  options: [
    { name: 'name', value: 'TEXT', summary: 'full name', required: true },
    { name: 'grade', value: 'GRADE', summary: 'grade, such as N29, FA44 or "JUSA C"', required: true },
    { name: 'quota', value: 'SIZE', summary: 'size of the mailbox, such as "2 GB"; by grade when not given' },
  ],
  examples: ['user add aminah@moh.example --name "Aminah binti Ali" --grade N29'],
  async run(call, { api, terminal }) {
    const added = await api.post<UserWithPassword>('/users', {
      address: call.operand('ADDRESS'),
      name: call.text('name'),
      grade: call.text('grade'),
      quotaBytes: quotaOption(call),
    });
    const { address, grade, effectiveQuotaBytes } = added.user;
    if (call.json) terminal.json(added);
    else {
      terminal.line(`User ${address} added: grade ${grade}, mailbox of ${formatSize(effectiveQuotaBytes)}`);
      showPassword(terminal, added.password);
    }
    return 0;
  },
};

const list: Command = {
  name: 'user list',
  summary: 'List the users, of all agencies or of one',
  operands: [],
  options: [{ name: 'agency', value: 'CODE', summary: 'only users of this agency' }],
  async run(call, { api, terminal }) {
    const agency = call.text('agency');
    const filter = agency === null ? '' : `?agency=${encodeURIComponent(agency)}`;
    const { users } = await api.get<UserList>(`/users${filter}`);
    if (call.json) terminal.json({ users });
    else if (users.length === 0) {
      const where = agency === null ? '' : ` in agency "${agency}"`;
      terminal.complain(`no user${where} yet; add one with: geganti user add`);
    } else {
      const rows = users.map((user) => [
        user.address,
        user.name,
        user.grade,
        formatSize(user.effectiveQuotaBytes) + (user.quotaBytes === null ? '' : ' (own)'),
        user.active ? 'active' : { text: 'disabled', style: 'warning' as const },
      ]);
      terminal.table(['ADDRESS', 'NAME', 'GRADE', 'MAILBOX', 'STATE'], rows);
    }
    return 0;
  },
};

const password: Command = {
  name: 'user password',
  summary: 'Give a user a new password; prints it, once',
  operands: [ADDRESS],
  options: [],
  async run(call, { api, terminal }) {
    const path = `/users/${encodeURIComponent(call.operand('ADDRESS'))}/password`;
    const changed = await api.post<UserWithPassword>(path);
    if (call.json) terminal.json(changed);
    else {
      terminal.line(`User ${changed.user.address} has a new password; the old one is no longer valid`);
      showPassword(terminal, changed.password);
    }
    return 0;
  },
};

export const userCommands: CommandGroup = { title: 'Users', commands: [add, list, password] };

function showPassword(terminal: Terminal, text: string): void {
  terminal.line('Password (shown only now): ', { text, style: 'strong' });
}
