/** A filter in the form in which rows and events are compared with it. */
import { isIPv6, SocketAddress } from 'node:net';
import { currentReason } from '../mail/outcome.ts';

/** A Message-ID with and without its angle brackets. */
export function formsOfMessageId(text: string): string[] {
  const bare = text.replace(/^<(.*)>$/, '$1');
  return [`<${bare}>`, bare];
}

/** In the form in which the doors write it. */
export function clientOf(text: string): string {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** As older entries and today's have it. */
export function formsOfReason(text: string): string[] {
  return currentReason(text) === 'virus' ? ['virus', 'infected'] : [text];
}

/** Each of them must be there. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
