/**
 * One connection's session: hands each line to its command, keeps the budgets, and holds the one rule that the
 * rest relies on: whatever a handler throws becomes `451 4.3.0` and a line in the log, and nothing of it is told.
 */
import type { Readable } from 'node:stream';
import { Away } from '../lib/problem.ts';
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
const MAX_UNFIT = 50;
/** While something of ours is away, a client that goes on for ever would fill the log. */
const MAX_FAULTS = 100;

export function createSession(shared: Shared, door: DoorName, link: Link): Session {
  return new DoorSession(shared, door, link);
}

interface Dispatched {
  readonly verb: string;
  readonly argument: string;
  readonly answer: Answer | Promise<Answer>;
}

class DoorSession implements Session {
  readonly greeting: Reply;
  readonly #shared: Shared;
  readonly #link: Link;
  readonly #state: SessionState;
  readonly #gone = new AbortController();
  readonly #life: NodeJS.Timeout;
  /** A command or a message is being worked on: the session must not end before it is answered. */
  #busy = false;
  /** Why the session has to end as soon as nothing is being worked on. */
  #ending: Reply | null = null;

  constructor(shared: Shared, door: DoorName, link: Link) {
    const { settings, lifecycle } = shared;
    this.greeting = banner(settings.hostname);
    this.#shared = shared;
    this.#link = link;
    this.#state = {
      door,
      address: link.address,
      tls: link.tls,
      helo: null,
      login: null,
      failedLogins: 0,
      sasl: null,
      transaction: null,
      dataRefused: false,
      faults: 0,
      unfit: 0,
      budgets: createBudgets(settings.limits),
      gone: this.#gone.signal,
    };
    lifecycle.stopping.addEventListener('abort', this.#stop, { once: true });
    if (lifecycle.stopping.aborted) setImmediate(this.#stop);
    this.#life = setTimeout(() => this.#end(replies.sessionOver), settings.limits.sessionMs);
  }

  lineLimit(start: Buffer): number {
    const { limits } = this.#shared.settings;
    return this.#state.sasl || isAuth(start) ? limits.authCommandBytes : limits.commandBytes;
  }

  command(line: Buffer, more: boolean, control: boolean): Answer | Promise<Answer> {
    this.#busy = true;
    try {
      const { verb, argument, answer } = this.#dispatch(line, more, control);
      if (!(answer instanceof Promise)) return this.#conclude(answer, verb, argument);
      return answer
        .catch((error: unknown) => this.#fault(error, verb))
        .then((given) => this.#conclude(given, verb, argument));
    } catch (error) {
      return this.#conclude(this.#fault(error, ''), '', '');
    }
  }

  async data(content: Readable): Promise<Answer> {
    this.#busy = true;
    const { reply, next, taken, unfit } = await this.#take(content);
    this.#busy = false;
    this.#state.transaction = null;
    const { budgets } = this.#state;
    const forgiven = forgive(this.#state, 'DATA', reply) || (unfit === true && forgiveContent(this.#state));
    if (taken) budgets.earned();
    else if (!forgiven && budgets.error() === null) {
      return { reply, next: 'close', farewell: replies.tooManyErrors };
    }
    // What became of the message must be said; the 421 comes behind it.
    return this.#ending && next === 'go-on'
      ? { reply, next: 'close', farewell: this.#ending }
      : { reply, next };
  }

  breach(command: string, reply: Reply): void {
    this.#shared.refusals.note({ session: factsOf(this.#state), command, reply, recipient: null });
  }

  /** RFC 3207 §4.2: nothing that was said in clear is known any more. */
  secured(tls: string): void {
    this.#state.tls = tls;
    this.#state.helo = null;
    this.#state.login = null;
    this.#state.sasl = null;
    this.#state.transaction = null;
  }

  closed(): void {
    clearTimeout(this.#life);
    this.#shared.lifecycle.stopping.removeEventListener('abort', this.#stop);
    this.#gone.abort();
  }

  readonly #stop = (): void => {
    // Nobody waits for a verdict while we stop: the message is safe, and the answer is due.
    this.#gone.abort();
    this.#end(replies.stopping);
  };

  #end(reply: Reply): void {
    this.#ending ??= reply;
    if (!this.#busy) this.#link.end(this.#ending);
  }

  #dispatch(line: Buffer, more: boolean, control: boolean): Dispatched {
    const state = this.#state;
    if (state.sasl) {
      const step = state.sasl(line.toString('latin1'));
      return { verb: 'AUTH', argument: '', answer: continueLogin(this.#shared, state, step) };
    }
    const { verb, argument } = parseCommand(line);
    const entry = COMMANDS.get(verb);
    const afterRefusedData = state.dataRefused;
    state.dataRefused = false;
    // A client that did not read the refusal of its DATA sends a body now; none of it may run as a command.
    if (!entry && afterRefusedData)
      return { verb: '', argument: '', answer: { reply: replies.early, next: 'close' } };
    if (control) return { verb, argument: '', answer: { reply: replies.controlOctets, next: 'go-on' } };
    if (!entry) return { verb: '', argument: '', answer: unknown(line) };
    const tooMuch = entry.junk ? state.budgets.junk() : null;
    if (tooMuch) return { verb, argument: '', answer: { reply: tooMuch, next: 'close' } };
    return { verb, argument, answer: entry.run(this.#shared, state, argument, more) };
  }

  #conclude(given: Answer, verb: string, argument: string): Answer | Promise<Answer> {
    if (verb === 'DATA' && given.next === 'go-on') this.#state.dataRefused = true;
    if (given.reply.code < 400) return this.#finish(given);
    return this.#settle(given, verb, argument).then((answer) => this.#finish(answer));
  }

  /** Counts and notes a refusal; holds it back when there were many. */
  async #settle(given: Answer, verb: string, argument: string): Promise<Answer> {
    const state = this.#state;
    const recipient = verb === 'RCPT' ? recipientOf(argument) : null;
    // A wrong password is noted with the name that was given (authenticate.ts).
    if (given.reply !== replies.loginFailed) {
      this.#shared.refusals.note({ session: factsOf(state), command: verb, reply: given.reply, recipient });
    }
    if (given.next === 'close' || forgive(state, verb, given.reply)) return given;
    const delayMs = state.budgets.error();
    if (delayMs === null) return { reply: replies.tooManyErrors, next: 'close' };
    if (delayMs > 0) await this.#shared.clock.sleep(delayMs, state.gone);
    return given;
  }

  #finish(given: Answer): Answer {
    this.#busy = false;
    // RFC 5321 §3.8: a server that must close says 421 in the place of the answer.
    return this.#ending && given.next !== 'close' ? { reply: this.#ending, next: 'close' } : given;
  }

  async #take(content: Readable): Promise<DataResult> {
    try {
      const { transaction } = this.#state;
      if (!transaction) throw new Error('DATA without a transaction');
      return await acceptData(this.#shared, this.#state, transaction, content);
    } catch (error) {
      return { ...this.#fault(error, 'DATA'), next: 'close', taken: false };
    }
  }

  #fault(error: unknown, command: string): Answer {
    const answer: Answer = { reply: replies.internal, next: 'go-on' };
    // The client decides how often it fails.
    if (!this.#shared.refusals.mayRecord(this.#state.address)) return answer;
    const facts = { door: this.#state.door, command };
    if (error instanceof Away) this.#shared.log.warn({ ...facts, error: error.message }, 'a command failed');
    else this.#shared.log.error({ ...facts, err: error }, 'a command failed');
    return answer;
  }
}

/**
 * Counts refusals that are no sign of abuse, and forgives them while they are few: our own faults, recipients beyond the
 * limit (the client sends them in a next message, RFC 5321 §4.5.3.1.10), a postmaster whom we have not got, and
 * recipients that our own users mistype, to whom the directory is no secret.
 */
function forgive(state: SessionState, verb: string, reply: Reply): boolean {
  if (reply === replies.internal || reply === replies.storageFull) return ++state.faults <= MAX_FAULTS;
  if (verb !== 'RCPT' || !state.transaction) return false;
  const ours = reply === replies.tooManyRecipients || reply === replies.noAdministrator;
  const innocent = ours || (state.login !== null && reply.code === 550);
  return innocent && ++state.transaction.forgiven <= MAX_FORGIVEN;
}

/** An officer's mail program sends a refused message again and again, until somebody tells it not to. */
function forgiveContent(state: SessionState): boolean {
  return state.login !== null && ++state.unfit <= MAX_UNFIT;
}

/** The text between the brackets, for the log. */
function recipientOf(argument: string): string {
  return printable(/<([^>]*)>/.exec(argument)?.[1] ?? argument).slice(0, 254);
}

function unknown(line: Buffer): Answer {
  if (FOREIGN.test(line.toString('latin1', 0, 64))) return { reply: replies.notSmtp, next: 'close' };
  return { reply: replies.unknownCommand, next: 'go-on' };
}

function isAuth(start: Buffer): boolean {
  return start.toString('latin1', 0, 5).toUpperCase() === 'AUTH ';
}
