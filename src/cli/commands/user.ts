/** geganti user: people with mailboxes. `user-change.ts` has what changes them. */
import type { NewUser, User, UserList, UserWithPassword } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import { withQuery } from '../api-client.ts';
import type { Command, CommandGroup, Option } from '../command.ts';
import { quotaOption } from '../option-values.ts';
import { rigid } from '../table.ts';
import { showPassword, USER_ADDRESS, userChanges, userPath } from './user-change.ts';

const QUOTA: Option = {
  name: 'quota',
  value: 'SIZE',
  summary: 'size of the mailbox, such as "2 GB"; "default": the agency\'s, else by grade',
};

const add: Command = {
  name: 'user add',
  summary: 'Add a user with a mailbox; prints a password, once',
  operands: [USER_ADDRESS],
  options: [
    { name: 'name', value: 'TEXT', summary: 'full name', required: true },
    { name: 'grade', value: 'GRADE', summary: 'grade, such as N29, FA44 or "JUSA C"', required: true },
    QUOTA,
    { name: 'administrator', value: null, summary: "gets the mail to the agency's postmaster@ and abuse@" },
  ],
  examples: ['user add aminah@moh.example --name "Aminah binti Ali" --grade N29'],
  async run(call, { api, terminal }) {
    const wanted: NewUser = {
      address: call.operand('ADDRESS'),
      name: call.text('name') ?? '',
      grade: call.text('grade') ?? '',
      quotaBytes: quotaOption(call) ?? null,
      ...(call.flag('administrator') && { administrator: true }),
    };
    const added = await api.post<UserWithPassword>('/users', wanted);
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
    const { users } = await api.get<UserList>(withQuery('/users', { agency }));
    if (call.json) terminal.json({ users });
    else if (users.length === 0) {
      const where = agency === null ? '' : ` in agency "${agency}"`;
      terminal.note(`no user${where} yet; add one with: geganti user add`);
    } else {
      const rows = users.map((user) => [
        user.address,
        user.name,
        user.agency,
        user.grade,
        mailbox(user),
        user.active ? state(user) : { text: state(user), style: 'warning' as const },
      ]);
      const columns = ['ADDRESS', 'NAME', ...['AGENCY', 'GRADE', 'MAILBOX', 'STATE'].map(rigid)];
      terminal.table(columns, rows);
    }
    return 0;
  },
};

const show: Command = {
  name: 'user show',
  summary: 'Show one user',
  operands: [USER_ADDRESS],
  options: [],
  async run(call, { api, terminal, times }) {
    const user = await api.get<User>(userPath(call));
    if (call.json) terminal.json(user);
    else
      terminal.facts([
        ['User', { text: user.address, style: 'strong' }],
        ['Name', user.name],
        ['Agency', user.agency],
        ['Grade', user.grade],
        ['Mailbox', mailbox(user)],
        ['State', user.active ? state(user) : { text: state(user), style: 'warning' }],
        ['Added', times.format(user.createdAt)],
      ]);
    return 0;
  },
};

export const userCommands: CommandGroup = {
  title: 'Users',
  commands: [add, list, show, ...userChanges(QUOTA)],
};

function mailbox({ quotaBytes, effectiveQuotaBytes }: User): string {
  return formatSize(effectiveQuotaBytes) + (quotaBytes === null ? '' : ' (own)');
}

function state({ active, administrator }: User): string {
  return [active ? 'active' : 'disabled', ...(administrator ? ['administrator'] : [])].join(', ');
}
