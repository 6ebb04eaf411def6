/** The agencies and users of the demonstration: one of each mailbox size, in both schemes of grades. */
import type { ApiClient } from '../../src/cli/api-client.ts';
import type { Agency, User, UserWithPassword } from '../../src/http/resources.ts';

const agencies = [
  { code: 'moh', name: 'Kementerian Kesihatan', domains: ['moh.example'], gradeScheme: 'classic' },
  { code: 'mot', name: 'Kementerian Pengangkutan', domains: ['mot.example'], gradeScheme: 'sspa' },
] as const;

export interface Person {
  readonly address: string;
  readonly name: string;
  readonly grade: string;
  readonly scheme: 'classic' | 'sspa';
}

export const people: readonly Person[] = [
  { address: 'aminah@moh.example', name: 'Aminah binti Ali', grade: 'N29', scheme: 'classic' },
  { address: 'badrul@moh.example', name: 'Badrul bin Hassan', grade: 'FA44', scheme: 'classic' },
  { address: 'chong@moh.example', name: 'Chong Mei Ling', grade: 'M48', scheme: 'classic' },
  { address: 'devi@mot.example', name: 'Devi a/p Raman', grade: 'M10', scheme: 'sspa' },
  { address: 'ezra@mot.example', name: 'Ezra anak Jimbau', grade: 'M14', scheme: 'sspa' },
];

/** Makes what is not there yet, with a new password for everybody: address → password. */
export async function makePeople(api: ApiClient): Promise<Map<string, string>> {
  const { agencies: known } = await api.get<{ agencies: readonly Agency[] }>('/agencies');
  for (const agency of agencies) {
    if (!known.some(({ code }) => code === agency.code)) await api.post('/agencies', agency);
  }
  const { users } = await api.get<{ users: readonly User[] }>('/users');
  const passwords = new Map<string, string>();
  for (const { address, name, grade } of people) {
    const there = users.some((user) => user.address === address);
    const { password } = there
      ? await api.post<UserWithPassword>(`/users/${encodeURIComponent(address)}/password`)
      : await api.post<UserWithPassword>('/users', { address, name, grade });
    passwords.set(address, password);
  }
  return passwords;
}
