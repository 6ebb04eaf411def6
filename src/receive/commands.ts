/**
 * What each SMTP command does (RFC 5321 §4.1), as a table. A handler reads and changes the session's state and
 * returns the answer; order of commands, budgets and faults of handlers are looked after by session.ts.
 */
import { addressKey } from '../mail/address.ts';
import type { Reply } from '../mail/reply.ts';
import { admitRecipient, admitSender, checkMailParameters } from './admit.ts';
import { continueLogin } from './authenticate.ts';
import { isAscii, isHelloName, type PathArgument, parsePath } from './command.ts';
import { judgedFor } from './content-check.ts';
import { hello, replies } from './replies.ts';
import { beginSasl } from './sasl.ts';
import type { Answer, SessionState, Shared } from './session-types.ts';

/** Honest clients name a recipient twice, not a thousand times; each costs a look into the directory. */
const MAX_REPEATED = 1_000;

type Handler = (
  shared: Shared,
  state: SessionState,
  argument: string,
  /** The client has sent something behind this command already. */
  more: boolean,
) => Answer | Promise<Answer>;

export interface CommandEntry {
  readonly run: Handler;
  /** It may be sent for ever without bringing mail. */
  readonly junk: boolean;
}

function answer(reply: Reply, next: Answer['next'] = 'go-on'): Answer {
  return { reply, next };
}

/** Commands that exist in the world and not here: no word of them is read. */
const ABSENT: CommandEntry = { run: () => answer(replies.notImplemented), junk: false };

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['EHLO', { run: (shared, state, name) => greet(shared, state, name, true), junk: true }],
  ['HELO', { run: (shared, state, name) => greet(shared, state, name, false), junk: true }],
  ['STARTTLS', { run: startTls, junk: false }],
  ['AUTH', { run: logIn, junk: false }],
  ['MAIL', { run: mail, junk: true }],
  ['RCPT', { run: recipient, junk: false }],
  ['DATA', { run: data, junk: false }],
  ['RSET', { run: reset, junk: true }],
  ['NOOP', { run: () => answer(replies.ok), junk: true }],
  ['VRFY', { run: (_, __, name) => answer(name === '' ? replies.badArgument : replies.verify), junk: true }],
  ['HELP', { run: () => answer(replies.help), junk: true }],
  ['QUIT', { run: () => answer(replies.bye, 'close'), junk: false }],
  ...['EXPN', 'TURN', 'ETRN', 'ATRN', 'BDAT', 'SEND', 'SOML', 'SAML', 'LHLO', 'XCLIENT', 'XFORWARD'].map(
    (verb): [string, CommandEntry] => [verb, ABSENT],
  ),
]);

function greet(shared: Shared, state: SessionState, name: string, esmtp: boolean): Answer {
  if (!isHelloName(name)) return answer(replies.badArgument);
  state.helo = { name, esmtp };
  // RFC 5321 §4.1.4: EHLO and HELO also do what RSET does.
  state.transaction = null;
  const { hostname, limits } = shared.settings;
  if (!esmtp) return answer(hello([hostname]));
  const lines = [hostname, 'PIPELINING', `SIZE ${limits.messageBytes}`, '8BITMIME', 'ENHANCEDSTATUSCODES'];
  if (state.tls === null) lines.push('STARTTLS');
  else if (mayLogIn(state)) lines.push('AUTH PLAIN LOGIN');
  return answer(hello(lines));
}

function mayLogIn(state: SessionState): boolean {
  return state.door !== 'mx' && !state.login;
}

function startTls(_: Shared, state: SessionState, argument: string): Answer {
  if (state.tls !== null) return answer(replies.tlsActive);
  if (argument !== '') return answer(replies.badArgument);
  if (state.transaction) return answer(replies.inTransaction);
  return answer(replies.startTls, 'starttls');
}

function logIn(shared: Shared, state: SessionState, argument: string): Answer | Promise<Answer> {
  if (state.door === 'mx') return answer(replies.notImplemented);
  // RFC 4954 §4: before anything of the line is read.
  if (state.tls === null) return answer(replies.tlsFirst);
  if (!state.helo) return answer(replies.helloFirst);
  if (state.login) return answer(replies.alreadyLoggedIn);
  if (state.transaction) return answer(replies.inTransaction);
  if (state.failedLogins >= shared.settings.limits.authFailuresPerSession) {
    return answer(replies.tooManyLogins, 'close');
  }
  return continueLogin(shared, state, beginSasl(argument));
}

async function mail(shared: Shared, state: SessionState, argument: string): Promise<Answer> {
  if (!state.helo) return answer(replies.helloFirst);
  if (state.door !== 'mx' && !state.login) return answer(replies.loginFirst);
  if (state.transaction) return answer(replies.inTransaction);
  const tooMany = state.budgets.message();
  if (tooMany) return answer(tooMany, 'close');
  const read = readPath(argument, 'FROM', replies.badSender);
  if ('reply' in read) return answer(read.reply);
  const badParameter = checkMailParameters(read.parameters, shared.settings.limits);
  if (badParameter) return answer(badParameter);
  // Asked again for each message: a session may outlive the account that it was opened with.
  if (state.login) {
    state.login = await shared.directory.currentLogin(state.login.userId);
    if (!state.login) return answer(replies.mayNotSend);
  }
  const admission = await admitSender(read.path, state.login, shared.directory);
  if (admission.kind === 'refused') return answer(admission.reply);
  if (shared.spool.status.full) return answer(replies.storageFull);
  const sender = admission.value;
  state.transaction = {
    sender,
    given: new Set(),
    recipients: new Map(),
    forgiven: 0,
    repeated: 0,
    judged: null,
  };
  return answer(replies.senderOk);
}

async function recipient(shared: Shared, state: SessionState, argument: string): Promise<Answer> {
  if (!state.helo) return answer(replies.helloFirst);
  if (state.door !== 'mx' && !state.login) return answer(replies.loginFirst);
  const { transaction } = state;
  if (!transaction) return answer(replies.mailFirst);
  const read = readPath(argument, 'TO', replies.badRecipient);
  if ('reply' in read) return answer(read.reply);
  const admission = await admitRecipient(read, {
    directory: shared.directory,
    vacancies: shared.vacancies,
    hostname: shared.settings.hostname,
    login: state.login,
    transaction,
    maxRecipients: shared.settings.doors[state.door].maxRecipients,
  });
  if (admission.kind === 'refused') return answer(admission.reply);
  const { key, recipients } = admission.value;
  if (transaction.given.has(key) && ++transaction.repeated > MAX_REPEATED) {
    return answer(replies.tooMuchJunk, 'close');
  }
  transaction.given.add(key);
  for (const added of recipients) transaction.recipients.set(addressKey(added.address), added);
  return answer(replies.recipientOk);
}

function data(
  { agencies }: Shared,
  state: SessionState,
  argument: string,
  more: boolean,
): Answer | Promise<Answer> {
  // RFC 2920 §3.1: DATA is the last command of a group. What comes before the 354 is a body that would run as
  // commands if DATA were refused, or the second half of somebody else's message.
  if (more) return answer(replies.early, 'close');
  if (!state.helo) return answer(replies.helloFirst);
  if (argument !== '') return answer(replies.badArgument);
  const { login, transaction } = state;
  if (!transaction) return answer(replies.mailFirst);
  if (transaction.recipients.size === 0) return answer(replies.recipientFirst);
  const recipients = [...transaction.recipients.values()];
  // Before the 354: with the directory away there is no message to be turned away.
  return judgedFor({ login, recipients }, agencies).then((judged) => {
    transaction.judged = judged;
    return answer(replies.startData, 'data');
  });
}

function reset(_: Shared, state: SessionState): Answer {
  state.transaction = null;
  return answer(replies.ok);
}

function readPath(argument: string, keyword: 'FROM' | 'TO', bad: Reply): PathArgument | { reply: Reply } {
  if (!isAscii(argument)) return { reply: replies.nonAscii };
  const read = parsePath(argument, keyword);
  if (read === null) return { reply: bad };
  return read === 'parameters' ? { reply: replies.badArgument } : read;
}
