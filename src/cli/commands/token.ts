/** geganti token: secrets with which programs use the API over TCP. A secret is printed once and kept nowhere. */
import type { NewToken, Token, TokenList, TokenWithSecret } from '../../http/resources.ts';
import { type Command, type CommandGroup, UsageError } from '../command.ts';
import { momentOption } from '../option-values.ts';
import type { Part } from '../parts.ts';
import { rigid } from '../table.ts';
import type { Times } from '../times.ts';
import { TOKEN_RIGHTS } from '../words.ts';

const NAME = { name: 'NAME', summary: 'its name, for people: prometheus, console' };

const add: Command = {
  name: 'token add',
  summary: 'Make a token for a program that uses the API; prints its secret, once',
  operands: [NAME],
  options: [
    {
      name: 'right',
      value: 'RIGHT',
      summary: Object.entries(TOKEN_RIGHTS)
        .map(([right, meaning]) => `${right}: ${meaning}`)
        .join('; '),
      choices: Object.keys(TOKEN_RIGHTS),
      required: true,
    },
    {
      name: 'expires',
      value: 'TIME',
      summary: 'when it ends: 2027-01-31, or 90d from now; never when not given',
    },
  ],
  examples: ['token add prometheus --right metrics', 'token add console --right operator --expires 90d'],
  async run(call, { api, terminal, times, clock }) {
    const expiresAt = momentOption(call, 'expires', times, 'ahead');
    if (expiresAt !== null && expiresAt <= clock.now()) {
      throw new UsageError(`--expires is a time to come, not ${times.format(expiresAt)}`);
    }
    const wanted: NewToken = { name: call.operand('NAME'), right: rightOf(call.text('right')), expiresAt };
    const added = await api.post<TokenWithSecret>('/tokens', wanted);
    if (call.json) terminal.json(added);
    else {
      const { name, right } = added.token;
      terminal.line(`Token ${name} added: right ${right}, ${endOf(added.token, times)}`);
      terminal.line('Secret (shown only now): ', { text: added.secret, style: 'strong' });
    }
    return 0;
  },
};

const list: Command = {
  name: 'token list',
  summary: 'List the tokens; their secrets are not kept',
  operands: [],
  options: [],
  async run(call, { api, terminal, times, clock }) {
    const { tokens } = await api.get<TokenList>('/tokens');
    if (call.json) terminal.json({ tokens });
    else if (tokens.length === 0) terminal.note('no token yet; add one with: geganti token add');
    else {
      const rows = tokens.map((token): Part[] => {
        const isOver = token.expiresAt !== null && token.expiresAt <= clock.now();
        const end = endOf(token, times);
        const added = times.format(token.createdAt);
        return [token.name, token.right, added, isOver ? { text: end, style: 'warning' } : end];
      });
      terminal.table(['NAME', ...['RIGHT', 'ADDED', 'END'].map(rigid)], rows);
    }
    return 0;
  },
};

const remove: Command = {
  name: 'token remove',
  summary: 'Take a token away; whoever uses it is refused from now on',
  operands: [NAME],
  options: [],
  async run(call, { api, terminal }) {
    const token = await api.delete<Token>(`/tokens/${encodeURIComponent(call.operand('NAME'))}`);
    if (call.json) terminal.json(token);
    else terminal.line(`Token ${token.name} removed`);
    return 0;
  },
};

export const tokenCommands: CommandGroup = { title: 'Tokens', commands: [add, list, remove] };

function endOf({ expiresAt }: Token, times: Times): string {
  return expiresAt === null ? 'without end' : `until ${times.format(expiresAt)}`;
}

/** The table of options has checked it. */
function rightOf(text: string | null): NewToken['right'] {
  if (text === 'operator' || text === 'read' || text === 'metrics') return text;
  throw new Error(`no right: ${text}`);
}
