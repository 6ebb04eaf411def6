/** Reading JSON of our own files without trusting it: each function returns the value or throws `BadField`. */

export class BadField extends Error {
  override name = 'BadField';
}

export type Fields = Readonly<Record<string, unknown>>;

export function parseFields(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadField('not JSON');
  }
  return asFields(value, 'the whole');
}

export function asFields(value: unknown, name: string): Fields {
  if (!isRecord(value)) throw new BadField(`${name}: no object`);
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new BadField(`${name}: no text`);
  return value;
}

export function asNumber(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new BadField(`${name}: no number`);
  return value;
}

export function asList<T>(value: unknown, name: string, item: (value: unknown, name: string) => T): T[] {
  if (!Array.isArray(value)) throw new BadField(`${name}: no list`);
  return value.map((each, index) => item(each, `${name}[${index}]`));
}

export function orNull<T>(value: unknown, name: string, read: (value: unknown, name: string) => T): T | null {
  return value === null ? null : read(value, name);
}

export function oneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new BadField(`${name}: none of ${choices.join(', ')}`);
  return found;
}
