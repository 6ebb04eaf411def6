/** geganti user set, password, disable, enable. A password is printed once and kept nowhere. */
import type { User, UserChanges, UserWithPassword } from '../../http/resources.ts';
import { formatSize } from '../../lib/units.ts';
import { type Call, type Command, type Option, UsageError } from '../command.ts';
import { quotaOption } from '../option-values.ts';
import type { Terminal } from '../terminal.ts';

export const USER_ADDRESS = { name: 'ADDRESS', summary: 'mail address, such as ali@moh.example' };

export function userPath(call: Call): string {
  return `/users/${encodeURIComponent(call.operand('ADDRESS'))}`;
}

export function showPassword(terminal: Terminal, text: string): void {
  terminal.line('Password (shown only now): ', { text, style: 'strong' });
}

export function userChanges(quota: Option): readonly Command[] {
  const set: Command = {
    name: 'user set',
    summary: 'Change a user; what is not named stays as it is',
    operands: [USER_ADDRESS],
    options: [
      { name: 'name', value: 'TEXT', summary: 'full name' },
      { name: 'grade', value: 'GRADE', summary: 'grade, such as N29, FA44 or "JUSA C"' },
      quota,
      { name: 'administrator', value: null, summary: "gets the mail to the agency's postmaster@ and abuse@" },
      { name: 'no-administrator', value: null, summary: 'does not get it any more' },
    ],
    examples: ['user set ali@moh.example --grade N32', 'user set ali@moh.example --administrator'],
    async run(call, { api, terminal }) {
      const changes = changesOf(call);
      const user = await api.patch<User>(userPath(call), changes);
      if (call.json) terminal.json(user);
      else {
        const size = formatSize(user.effectiveQuotaBytes);
        const role = user.administrator ? ', administrator' : '';
        terminal.line(
          `User ${user.address} is now: ${user.name}, grade ${user.grade}, mailbox of ${size}${role}`,
        );
      }
      return 0;
    },
  };
  return [set, password, disable, enable];
}

const password: Command = {
  name: 'user password',
  summary: 'Give a user a new password; prints it, once',
  operands: [USER_ADDRESS],
  options: [],
  async run(call, { api, terminal }) {
    const changed = await api.post<UserWithPassword>(`${userPath(call)}/password`);
    if (call.json) terminal.json(changed);
    else {
      terminal.line(`User ${changed.user.address} has a new password; the old one is no longer valid`);
      showPassword(terminal, changed.password);
    }
    return 0;
  },
};

const disable = activity('user disable', 'Lock a user out: no login, no new mail; the mailbox stays', false);
const enable = activity('user enable', 'Let a disabled user in again', true);

function activity(name: string, summary: string, active: boolean): Command {
  return {
    name,
    summary,
    operands: [USER_ADDRESS],
    options: [],
    async run(call, { api, terminal }) {
      const user = await api.patch<User>(userPath(call), { active } satisfies UserChanges);
      if (call.json) terminal.json(user);
      else terminal.line(`User ${user.address} is ${user.active ? 'active' : 'disabled'}`);
      return 0;
    },
  };
}

function changesOf(call: Call): UserChanges {
  const [name, grade, quotaBytes] = [call.text('name'), call.text('grade'), quotaOption(call)];
  const [yes, no] = [call.flag('administrator'), call.flag('no-administrator')];
  if (yes && no) throw new UsageError('user set: --administrator and --no-administrator exclude each other');
  const changes: UserChanges = {
    ...(name !== null && { name }),
    ...(grade !== null && { grade }),
    ...(quotaBytes !== undefined && { quotaBytes }),
    ...((yes || no) && { administrator: yes }),
  };
  if (Object.keys(changes).length > 0) return changes;
  throw new UsageError('user set: nothing to change; say --name, --grade, --quota or --administrator');
}
