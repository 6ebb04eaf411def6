/**
 * One connection's session: hands each line to its command, keeps the budgets, and holds the one rule that the
 * rest relies on: whatever a handler throws becomes `451 4.3.0` and a line in the log, and nothing of it is told.
 */
import type { Readable } from 'node:stream';
import { printable, type Reply } from '../mail/reply.ts';
import { acceptData, type DataResult } from './accept-data.ts';
import { continueLogin } from './authenticate.ts';
import { parseCommand } from './command.ts';
import { COMMANDS } from './commands.ts';
import { createBudgets } from './limits.ts';
import { banner, replies } from './replies.ts';
import {
  type Answer,
  type DoorName,
  factsOf,
  type Link,
  type Session,
  type SessionState,
  type Shared,
} from './session-types.ts';

/** First words of what is not mail: web pages that make browsers post to us, shells, scanners. */
const FOREIGN = /^(?:GET|POST|PUT|HEAD|OPTIONS|DELETE|TRACE|CONNECT|PATCH|SSH-)(?: |$|-|\d)/i;

const MAX_FORGIVEN = 1_000;

export function createSession(shared: Shared, door: DoorName, link: Link): Session {
  const { settings, log, clock, lifecycle } = shared;
  const { limits } = settings;
  const gone = new AbortController();
  const state: SessionState = {
    door,
    address: link.address,
    tls: link.tls,
    helo: null,
    login: null,
    failedLogins: 0,
    sasl: null,
    transaction: null,
    dataRefused: false,
    budgets: createBudgets(limits),
    gone: gone.signal,
  };
  let busy = false;
  /** Why the session has to end as soon as no command is being worked on. */
  let ending: Reply | null = null;

  const end = (reply: Reply): void => {
    ending ??= reply;
    if (!busy) link.end(ending);
  };
  const stop = (): void => {
    // Nobody waits for a verdict while we stop: the message is safe, and the answer is due.
    gone.abort();
    end(replies.stopping);
  };
  lifecycle.stopping.addEventListener('abort', stop, { once: true });
  const life = setTimeout(() => end(replies.sessionOver), limits.sessionMs);

  const fault = (error: unknown, command: string): Answer => {
    log.error({ err: error, door, command }, 'a command failed');
    return { reply: replies.internal, next: 'go-on' };
  };

  /** Counts and notes a refusal; holds it back when there were many. */
  const settle = async (given: Answer, verb: string, argument: string): Promise<Answer> => {
    shared.refusals.note({
      session: factsOf(state),
      command: verb,
      reply: given.reply,
      recipient: verb === 'RCPT' ? recipientOf(argument) : null,
    });
    if (given.next === 'close' || isForgiven(state, verb, given.reply)) return given;
    const delayMs = state.budgets.error();
    if (delayMs === null) return { reply: replies.tooManyErrors, next: 'close' };
    if (delayMs > 0) await clock.sleep(delayMs, state.gone);
    return given;
  };
  const finish = (given: Answer): Answer => {
    busy = false;
    if (!ending || given.next === 'close') return given;
    // RFC 5321 §3.8: a server that must close says 421 in the place of the answer.
    return { reply: ending, next: 'close' };
  };

  const dispatch = (
    line: Buffer,
    more: boolean,
    control: boolean,
  ): [string, string, Answer | Promise<Answer>] => {
    if (state.sasl) return ['AUTH', '', continueLogin(shared, state, state.sasl(line.toString('latin1')))];
    const { verb, argument } = parseCommand(line);
    const entry = COMMANDS.get(verb);
    const afterRefusedData = state.dataRefused;
    state.dataRefused = false;
    if (!entry) return ['', '', unknown(line, afterRefusedData)];
    if (control) return [verb, '', { reply: replies.controlOctets, next: 'go-on' }];
    const tooMuch = entry.junk ? state.budgets.junk() : null;
    if (tooMuch) return [verb, '', { reply: tooMuch, next: 'close' }];
    return [verb, argument, entry.run(shared, state, argument, more)];
  };

  const command = (line: Buffer, more: boolean, control: boolean): Answer | Promise<Answer> => {
    busy = true;
    let verb = '';
    let argument = '';
    const conclude = (given: Answer): Answer | Promise<Answer> => {
      if (verb === 'DATA' && given.next === 'go-on') state.dataRefused = true;
      return given.reply.code < 400 ? finish(given) : settle(given, verb, argument).then(finish);
    };
    try {
      let given: Answer | Promise<Answer>;
      [verb, argument, given] = dispatch(line, more, control);
      if (!(given instanceof Promise)) return conclude(given);
      return given.catch((error: unknown) => fault(error, verb)).then(conclude);
    } catch (error) {
      return conclude(fault(error, verb));
    }
  };

  const data = async (content: Readable): Promise<Answer> => {
    const { transaction } = state;
    busy = true;
    let result: DataResult;
    try {
      if (!transaction) throw new Error('DATA without a transaction');
      result = await acceptData(shared, state, transaction, content);
    } catch (error) {
      result = { ...fault(error, 'DATA'), next: 'close', taken: false };
    }
    busy = false;
    state.transaction = null;
    if (result.taken) state.budgets.earned();
    else if (state.budgets.error() === null)
      return { reply: result.reply, next: 'close', farewell: replies.tooManyErrors };
    // What became of the message must be said; the 421 comes behind it.
    if (ending && result.next === 'go-on') return { reply: result.reply, next: 'close', farewell: ending };
    return { reply: result.reply, next: result.next };
  };

  return {
    greeting: banner(settings.hostname),
    lineLimit: (start) => (state.sasl || isAuth(start) ? limits.authCommandBytes : limits.commandBytes),
    command,
    data,
    breach: (verb, reply) =>
      shared.refusals.note({ session: factsOf(state), command: verb, reply, recipient: null }),
    secured(tls) {
      // RFC 3207 §4.2: nothing that was said in clear is known any more.
      state.tls = tls;
      state.helo = null;
      state.login = null;
      state.sasl = null;
      state.transaction = null;
    },
    closed() {
      clearTimeout(life);
      lifecycle.stopping.removeEventListener('abort', stop);
      gone.abort();
    },
  };
}

/**
 * Refused recipients that are no sign of abuse: those beyond the limit (the client sends them in a next message,
 * RFC 5321 §4.5.3.1.10), and the mistyped ones of our own users, to whom the directory is no secret.
 */
function isForgiven(state: SessionState, verb: string, reply: Reply): boolean {
  if (verb !== 'RCPT' || !state.transaction) return false;
  const innocent = reply === replies.tooManyRecipients || (state.login !== null && reply.code === 550);
  return innocent && ++state.transaction.forgiven <= MAX_FORGIVEN;
}

/** The text between the brackets, for the log. */
function recipientOf(argument: string): string {
  return printable(/<([^>]*)>/.exec(argument)?.[1] ?? argument).slice(0, 254);
}

function unknown(line: Buffer, afterRefusedData: boolean): Answer {
  // A client that did not read the refusal of its DATA sends a body now; none of it may run as a command.
  if (afterRefusedData) return { reply: replies.early, next: 'close' };
  const foreign = FOREIGN.test(line.toString('latin1', 0, 64));
  return foreign
    ? { reply: replies.notSmtp, next: 'close' }
    : { reply: replies.unknownCommand, next: 'go-on' };
}

function isAuth(start: Buffer): boolean {
  return start.toString('latin1', 0, 5).toUpperCase() === 'AUTH ';
}
