/**
 * A directory whose database was away when the server started. It is tried again until it is there; meanwhile every
 * question rejects at once with an `Away`: clients are told to come again later.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Away, messageOf } from '../lib/problem.ts';
import type { Directory } from './directory.ts';

const RETRY_MS = 1_000;

export function createLateDirectory(deps: {
  /** One attempt. */
  readonly open: () => Promise<Directory>;
  /** Why the first one failed. */
  readonly problem: string;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}): Directory {
  const { open, clock, log } = deps;
  const closing = new AbortController();
  let found: Directory | null = null;
  let problem = '';
  const trying = keepTrying();

  return {
    isOurDomain: async (domain) => there().isOurDomain(domain),
    findMailbox: async (address) => there().findMailbox(address),
    authenticate: async (name, password) => there().authenticate(name, password),
    currentLogin: async (userId) => there().currentLogin(userId),
    findAdministrators: async (domain) => there().findAdministrators(domain),
    addAgency: async (agency) => there().addAgency(agency),
    changeAgency: async (code, changes) => there().changeAgency(code, changes),
    listAgencies: async () => there().listAgencies(),
    addUser: async (user) => there().addUser(user),
    changeUser: async (address, changes) => there().changeUser(address, changes),
    findUser: async (address) => there().findUser(address),
    listUsers: async (filter) => there().listUsers(filter),
    resetPassword: async (address) => there().resetPassword(address),
    addToken: async (token) => there().addToken(token),
    listTokens: async () => there().listTokens(),
    removeToken: async (name) => there().removeToken(name),
    findToken: async (secret) => there().findToken(secret),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await trying;
      await found?.[Symbol.asyncDispose]();
    },
  };

  function there(): Directory {
    if (found) return found;
    throw new Away(problem);
  }

  async function keepTrying(): Promise<void> {
    note(deps.problem);
    for (;;) {
      await clock.sleep(RETRY_MS, closing.signal);
      if (closing.signal.aborted) return;
      try {
        found = await open();
        return log.info({}, 'the directory is there');
      } catch (error) {
        note(messageOf(error));
      }
    }
  }

  /** Each problem is reported once. */
  function note(why: string): void {
    if (why !== problem) log.error({ error: why }, 'the directory is away, trying again; mail has to wait');
    problem = why;
  }
}
