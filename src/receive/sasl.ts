/**
 * The dialogues of AUTH PLAIN (RFC 4616) and AUTH LOGIN, pure: each step takes a line and says what comes next.
 * Strict where the library is lenient: base64 must be base64, and nobody logs in on behalf of somebody else.
 */
import type { Reply } from '../mail/reply.ts';
import { challenge, replies } from './replies.ts';

export type SaslStep =
  | { readonly kind: 'challenge'; readonly reply: Reply; readonly next: (line: string) => SaslStep }
  | { readonly kind: 'credentials'; readonly name: string; readonly password: string }
  | { readonly kind: 'refused'; readonly reply: Reply };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_NAME = 254;
const MAX_PASSWORD = 1_024;

/** What follows `AUTH`: the mechanism and perhaps an initial response. */
export function beginSasl(argument: string): SaslStep {
  const [mechanism = '', initial, ...more] = argument.split(/[ \t]+/);
  if (mechanism === '' || more.length > 0) return refused(replies.badArgument);
  switch (mechanism.toUpperCase()) {
    case 'PLAIN':
      // RFC 4954 §4: "=" is an empty initial response.
      return initial === undefined ? ask('', plain) : plain(initial === '=' ? '' : initial);
    case 'LOGIN':
      return initial === undefined ? ask('Username:', loginName) : loginName(initial);
    default:
      return refused(replies.unknownMechanism);
  }
}

function ask(prompt: string, next: (line: string) => SaslStep): SaslStep {
  const reply = challenge(Buffer.from(prompt).toString('base64'));
  return {
    kind: 'challenge',
    reply,
    next: (line) => (line === '*' ? refused(replies.loginCancelled) : next(line)),
  };
}

function plain(line: string): SaslStep {
  const fields = decode(line)?.split('\0');
  if (fields?.length !== 3) return refused(replies.badLoginSyntax);
  const [onBehalfOf = '', name = '', password = ''] = fields;
  if (onBehalfOf !== '' && onBehalfOf.toLowerCase() !== name.toLowerCase())
    return refused(replies.loginFailed);
  return credentials(name, password);
}

function loginName(line: string): SaslStep {
  const name = decode(line);
  if (name === null) return refused(replies.badLoginSyntax);
  return ask('Password:', (second) => {
    const password = decode(second);
    return password === null ? refused(replies.badLoginSyntax) : credentials(name, password);
  });
}

function credentials(name: string, password: string): SaslStep {
  const readable = /^[^\x00-\x20\x7f]+$/.test(name) && name.length <= MAX_NAME;
  if (!readable || password === '' || password.length > MAX_PASSWORD || password.includes('\0')) {
    return refused(replies.badLoginSyntax);
  }
  return { kind: 'credentials', name, password };
}

function decode(line: string): string | null {
  return BASE64.test(line) ? Buffer.from(line, 'base64').toString('utf8') : null;
}

function refused(reply: Reply): SaslStep {
  return { kind: 'refused', reply };
}
