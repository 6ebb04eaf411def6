/** Logging in: checks what a SASL dialogue yielded, against the directory and the budgets for failures. */
import { printable } from '../mail/reply.ts';
import { replies } from './replies.ts';
import type { SaslStep } from './sasl.ts';
import { type Answer, factsOf, type SessionState, type Shared } from './session-types.ts';

/** One step of the dialogue: the first after `AUTH`, or a line that was asked for. */
export async function continueLogin(shared: Shared, state: SessionState, step: SaslStep): Promise<Answer> {
  state.sasl = null;
  switch (step.kind) {
    case 'challenge':
      state.sasl = step.next;
      return { reply: step.reply, next: 'go-on' };
    case 'refused':
      return { reply: step.reply, next: 'go-on' };
    case 'credentials':
      return await checkPassword(shared, state, step.name, step.password);
    default:
      throw new Error(`unknown step ${step satisfies never}`);
  }
}

async function checkPassword(
  shared: Shared,
  state: SessionState,
  name: string,
  password: string,
): Promise<Answer> {
  const { directory, loginGuard, refusals, trace, clock } = shared;
  if (!loginGuard.mayTry(state.address, name)) return { reply: replies.loginLater, next: 'go-on' };
  const login = await directory.authenticate(name, password);
  if (login) {
    loginGuard.succeeded(state.address, name);
    state.login = login;
    return { reply: replies.loggedIn, next: 'go-on' };
  }
  state.failedLogins++;
  const delayMs = loginGuard.failed(state.address, name);
  const { door, client } = factsOf(state);
  if (refusals.mayRecord(state.address)) {
    trace.record({ kind: 'login-failed', id: null, door, client, name: printable(name).slice(0, 254) });
  }
  await clock.sleep(delayMs, state.gone);
  return { reply: replies.loginFailed, next: 'go-on' };
}
