/** Addresses and envelopes for tests that need a message of some kind. */
import { type Address, parseAddress } from '../../src/mail/address.ts';
import type { AgencyId, Envelope, Recipient, UserId } from '../../src/mail/envelope.ts';
import { newMessageId } from '../../src/mail/message-id.ts';
import { completeVerdict } from '../../src/mail/older-verdict.ts';
import type { Verdict } from '../../src/mail/verdict.ts';

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`no address: ${text}`);
  return parsed;
}

export function recipient(text: string): Recipient {
  return { address: address(text), userId: `u-${text}` as UserId, agencyId: 'moh' as AgencyId };
}

/** From outside, unless changed. */
export function envelope(
  to: readonly string[],
  content: { readonly length: number },
  changes: Partial<Envelope> = {},
): Envelope {
  return {
    id: newMessageId(Date.now()),
    door: 'mx',
    receivedAt: Date.now(),
    sender: address('ali@partner.example'),
    login: null,
    client: { address: '192.0.2.9', helo: 'mx.partner.example', tls: null },
    recipients: to.map(recipient),
    sizeBytes: content.length,
    messageIdHeader: '<1@partner.example>',
    parent: null,
    claimsOurDomain: false,
    ...changes,
  };
}

/** Changes that make it a submission of one of our users. */
export function submittedBy(text: string): Partial<Envelope> {
  const { address: login, userId, agencyId } = recipient(text);
  return { door: 'submission', sender: login, login: { userId, agencyId, address: login } };
}

/** What the scanners say, and what follows from it for mail from outside. */
export function verdict(kind: Verdict['kind'], changes: Partial<Verdict> = {}): Verdict {
  const signature = kind === 'infected' ? 'Eicar' : null;
  return { ...completeVerdict({ kind, signature, score: 7, junkScore: 6, symbols: [] }), ...changes };
}
