/** Agencies have ids inside and codes for people: both ways, as the directory has them now. */
import type { Directory } from '../directory/directory.ts';
import type { AgencyId } from '../mail/envelope.ts';
import { notFound } from './route.ts';

export interface AgencyCodes {
  /** Null: there is no such agency. */
  idOf(code: string): AgencyId | null;
  /** What the directory does not know (any more) keeps its id; null stays null. */
  codeOf<Id extends AgencyId | null>(id: Id): string | (Id & null);
}

export async function readAgencyCodes(directory: Pick<Directory, 'listAgencies'>): Promise<AgencyCodes> {
  const agencies = await directory.listAgencies();
  const ids = new Map(agencies.map(({ code, id }) => [code, id]));
  const codes = new Map(agencies.map(({ code, id }) => [id, code]));
  return {
    idOf: (code) => ids.get(code) ?? null,
    codeOf: (id) => (id === null ? id : (codes.get(id) ?? id)),
  };
}

export function noAgency(code: string) {
  return notFound(`there is no agency "${code}"; see "geganti agency list"`);
}
