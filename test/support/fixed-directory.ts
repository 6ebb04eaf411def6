/**
 * A directory of a few people, for tests of the receiver. Ours: agency.example and sister.example. The password of
 * everybody is "rahsia". A test may disable people and make the directory fail.
 */
import type { Directory, Mailbox } from '../../src/directory/directory.ts';
import { type Address, addressKey, domainOf, parseAddress } from '../../src/mail/address.ts';
import type { AgencyId, Login, UserId } from '../../src/mail/envelope.ts';

export const PASSWORD = 'rahsia';
const PEOPLE = [
  'ali@agency.example',
  'siti@agency.example',
  'Budi@agency.example',
  'postmaster@agency.example',
  'ali@sister.example',
];
const DOMAINS = new Set(['agency.example', 'sister.example']);

export type FixedDirectory = Pick<
  Directory,
  'isOurDomain' | 'findMailbox' | 'findAdministrators' | 'authenticate' | 'currentLogin'
> & {
  /** Domain → addresses of the people above who look after it. */
  readonly administrators: Map<string, string[]>;
  /** Lower-case addresses of people who may not send nor receive. */
  readonly disabled: Set<string>;
  /** Called at the begin of every question; a test makes it throw. */
  readonly plan: { ask: () => void };
  /** Names and passwords that were tried. */
  readonly tried: string[];
};

export function createFixedDirectory(): FixedDirectory {
  const disabled = new Set<string>();
  const administrators = new Map<string, string[]>();
  const tried: string[] = [];
  const plan = { ask: (): void => {} };
  const find = (address: Address): Mailbox | null => {
    const person = PEOPLE.find((name) => name.toLowerCase() === addressKey(address));
    const parsed = person && parseAddress(person);
    if (!parsed) return null;
    const agencyId = domainOf(parsed) as string as AgencyId;
    return {
      userId: parsed as string as UserId,
      agencyId,
      address: parsed,
      active: !disabled.has(addressKey(parsed)),
    };
  };
  const toLogin = (mailbox: Mailbox | null): Login | null =>
    mailbox?.active ? { userId: mailbox.userId, agencyId: mailbox.agencyId, address: mailbox.address } : null;

  return {
    disabled,
    administrators,
    tried,
    plan,
    async isOurDomain(domain) {
      plan.ask();
      return DOMAINS.has(domain);
    },
    async findMailbox(address) {
      plan.ask();
      return find(address);
    },
    async findAdministrators(domain) {
      plan.ask();
      const people = (administrators.get(domain) ?? []).map(parseAddress);
      const boxes = people.map((address) => address && find(address));
      return boxes.filter((mailbox): mailbox is Mailbox => mailbox?.active === true);
    },
    async authenticate(name, password) {
      plan.ask();
      tried.push(`${name} ${password}`);
      const address = parseAddress(name);
      return address && password === PASSWORD ? toLogin(find(address)) : null;
    },
    async currentLogin(userId) {
      plan.ask();
      const address = parseAddress(userId);
      return address && toLogin(find(address));
    },
  };
}
