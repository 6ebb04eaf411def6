/**
 * One reader for each kind of value in the settings: takes what YAML or the environment gave, returns the typed
 * value or what is wrong with it, worded to follow the value itself: `"20 XB" is not a size; write it like "20 MB"`.
 * Everything may come as text, because an environment variable is nothing else. Pure.
 */
import { isIP } from 'node:net';
import { isAbsolute, normalize } from 'node:path';
import { type Endpoint, isLoopback, parseEndpoint, type UnixSocket } from '../lib/endpoint.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from '../lib/units.ts';
import { withoutSecrets } from './secrets.ts';
import type { TimeOfDay } from './settings.ts';

export type Reading<T> = { readonly kind: 'value'; readonly value: T } | Wrong;
/** `secret`: what was given must not be shown. */
export interface Wrong {
  readonly kind: 'wrong';
  readonly why: string;
  readonly secret: boolean;
}
export type Reader<T> = (given: unknown) => Reading<T>;

/** The longest timer of Node (2^31 ms is 24.8 days; a longer one fires at once). */
const MAX_TIMER_MS = 24 * 86_400_000;
const MAX_KEEP_MS = 3650 * 86_400_000;

export function size(range: { min?: number; max?: number } = {}): Reader<number> {
  return (given) => {
    const value = typeof given === 'string' ? parseSize(given) : given === 0 ? 0 : null;
    if (value === null) return wrong('is not a size; write it like "20 MB"');
    return within(value, range.min ?? 1, range.max ?? Number.MAX_SAFE_INTEGER, formatSize);
  };
}

/** "500 B/s". */
export const rate: Reader<number> = (given) => {
  const value = typeof given === 'string' ? parseSize(given.replace(/\/ ?s$/, '')) : null;
  if (value === null) return wrong('is not a rate; write it like "500 B/s"');
  return ok(value);
};

/** A time that a timer waits for. */
export const duration: Reader<number> = (given) => time(given, 1, MAX_TIMER_MS);
/** The same, but it may be nothing at all. */
export const durationOrZero: Reader<number> = (given) => time(given, 0, MAX_TIMER_MS);
/** A time by which something is kept or given up. */
export const keepTime: Reader<number> = (given) => time(given, 1, MAX_KEEP_MS);

function time(given: unknown, min: number, max: number): Reading<number> {
  const value = typeof given === 'string' ? parseDuration(given) : given === 0 ? 0 : null;
  if (value === null) return wrong('is not a time; write it like "10 s", "15 m", "2h30m" or "5 d"');
  return within(value, min, max, formatDuration);
}

export function integer(min: number, max: number): Reader<number> {
  return (given) => {
    const value = typeof given === 'string' && /^\d{1,15}$/.test(given.trim()) ? Number(given) : given;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      return wrong(`is not a whole number; write one from ${min} to ${max}`);
    }
    return within(value, min, max, String);
  };
}

export const port: Reader<number> = integer(0, 65_535);

/** "10 %" or 10. */
export const percent: Reader<number> = (given) => {
  const value = typeof given === 'string' && /^\d{1,3} ?%?$/.test(given.trim()) ? parseInt(given, 10) : given;
  if (typeof value !== 'number' || !(value >= 0 && value <= 90)) {
    return wrong('is not a share; write it like "10 %", at most 90 %');
  }
  return ok(value);
};

export const flag: Reader<boolean> = (given) => {
  if (typeof given === 'boolean') return ok(given);
  if (typeof given === 'string' && /^(true|yes|on|1)$/i.test(given.trim())) return ok(true);
  if (typeof given === 'string' && /^(false|no|off|0)$/i.test(given.trim())) return ok(false);
  return wrong('is neither true nor false');
};

export function oneOf<T extends string>(...names: readonly T[]): Reader<T> {
  return (given) => {
    const name = names.find((known) => known === given);
    return name === undefined ? wrong(`is not one of ${names.join(', ')}`) : ok(name);
  };
}

/** A key without a value, or absent, is null: "not set". */
export function optional<T>(read: Reader<T>): Reader<T | null> {
  return (given) => (given === null || given === undefined ? ok(null) : read(given));
}

/** A YAML list, or its members with commas between. */
export function list<T>(read: Reader<T>, min = 0): Reader<readonly T[]> {
  return (given) => {
    const members = typeof given === 'string' ? splitList(given) : given;
    if (!Array.isArray(members)) return wrong('is not a list; write it like [one, two]');
    if (members.length < min) return wrong('is empty; it needs at least one member');
    const values: T[] = [];
    for (const member of members) {
      const reading = read(member);
      if (reading.kind === 'wrong')
        return wrong(`has a member that is wrong: ${show(member)} ${reading.why}`);
      values.push(reading.value);
    }
    return ok(values);
  };
}

/** Our own name: two labels or more (RFC 5321 §2.3.5), lower case. */
export const hostName: Reader<string> = (given) => {
  const name = typeof given === 'string' ? given.trim().toLowerCase() : '';
  return isHostName(name) ? ok(name) : wrong('is not a full host name; write it like "mail.moh.example"');
};

export function isHostName(name: string): boolean {
  const labels = name.split('.');
  const form = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  if (name.length > 253 || labels.length < 2 || /^\d+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => form.test(label));
}

export const absolutePath: Reader<string> = (given) => {
  if (typeof given !== 'string' || !isAbsolute(given) || /[\x00-\x1f\x7f]/.test(given)) {
    return wrong('is not an absolute path; write it like "/var/lib/geganti"');
  }
  return ok(given === '/' ? given : normalize(given).replace(/\/$/, ''));
};

/** "07:30"; off, or nothing: null. */
export const timeOfDay: Reader<TimeOfDay | null> = (given) => {
  if (given === null || given === false || given === 'off') return ok(null);
  const [, hour, minute] = (typeof given === 'string' && /^(\d\d?):(\d\d)$/.exec(given.trim())) || [];
  const time = { hour: Number(hour), minute: Number(minute) };
  if (time.hour < 24 && time.minute < 60) return ok(time);
  return wrong('is not a time of day; write it like "07:30", or off');
};

export const timeZone: Reader<string> = (given) => {
  try {
    if (typeof given === 'string' && new Intl.DateTimeFormat('en', { timeZone: given })) return ok(given);
  } catch {
    // RangeError: no such zone.
  }
  return wrong('is not a time zone; write it like "Asia/Kuala_Lumpur"');
};

export const ipAddress: Reader<string> = (given) =>
  typeof given === 'string' && isIP(given) !== 0
    ? ok(given.toLowerCase())
    : wrong('is not an IP address; write it like "127.0.0.1" or "::1" ("0.0.0.0" and "::" are all of them)');

/** CIDR; a single address is a network of one. */
export const network: Reader<string> = (given) => {
  const [address = '', bits, ...more] = typeof given === 'string' ? given.split('/') : [''];
  const version = isIP(address);
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  if (version === 0 || !fits || more.length > 0) {
    return wrong('is not a network; write it like "10.0.0.0/8" or "2001:db8::/32"');
  }
  return ok(String(given).toLowerCase());
};

/** "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53"; always with its port afterwards. */
export const nameServer: Reader<string> = (given) => {
  const text = typeof given === 'string' ? given : '';
  if (isIP(text) !== 0) return ok(isIP(text) === 6 ? `[${text}]:53` : `${text}:53`);
  const endpoint = parseEndpoint(text);
  if (endpoint?.kind !== 'tcp' || isIP(endpoint.host) === 0) {
    return wrong('is not a name server; write it like "192.0.2.53" or "192.0.2.53:5353"');
  }
  return ok(text);
};

export const endpoint: Reader<Endpoint> = (given) => {
  const value = typeof given === 'string' ? parseEndpoint(given) : null;
  return value === null
    ? wrong('is not a place of a service; write a Unix socket "/run/redis.sock" or "127.0.0.1:6379"')
    : ok(value);
};

/** TCP on this machine only. */
export const loopback: Reader<Endpoint> = (given) => {
  const value = typeof given === 'string' ? parseEndpoint(given) : null;
  if (value?.kind !== 'tcp' || !isLoopback(value.host)) {
    return wrong('is not a port of this machine itself; write it like "127.0.0.1:2580"');
  }
  return ok(value);
};

/** Our own socket: whoever reaches it may do everything, so it is never a port. */
export const unixSocket: Reader<UnixSocket> = (given) => {
  const value = typeof given === 'string' ? parseEndpoint(given) : null;
  return value?.kind === 'unix'
    ? ok(value)
    : wrong('is not a Unix socket; write an absolute path like "/run/geganti.sock"');
};

export const databaseUrl: Reader<string> = (given) => {
  const text = typeof given === 'string' ? given : '';
  const url = /^postgres(ql)?:\/\/\S*$/.test(text) ? URL.parse(text) : null;
  const form = 'write it like "postgresql://geganti@db.moh.example/geganti"';
  if (!url) return secretly(`is not a PostgreSQL database; ${form}`);
  return url.pathname.length > 1 ? ok(text) : secretly(`names no database after the host; ${form}`);
};

export const systemUser: Reader<string> = (given) =>
  typeof given === 'string' && /^[a-z_][a-z0-9_-]{0,31}$/.test(given)
    ? ok(given)
    : wrong('is not the name of a system user; write it like "geganti"');

/** A YAML map, or "name: text, name: text"; null: neither. */
export function rowsOf(given: unknown): [string, unknown][] | null {
  if (typeof given === 'string') {
    return given.split(',').map((row): [string, unknown] => {
      const [name = '', text = ''] = row.replace(/[{}]/g, '').split(':');
      return [name.trim(), text.trim()];
    });
  }
  return typeof given !== 'object' || given === null || Array.isArray(given) ? null : Object.entries(given);
}

export function show(value: unknown): string {
  const text = withoutSecrets(JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

export function ok<T>(value: T): Reading<T> {
  return { kind: 'value', value };
}

export function wrong(why: string): Wrong {
  return { kind: 'wrong', why, secret: false };
}

/** What was given may hold a password. */
function secretly(why: string): Wrong {
  return { kind: 'wrong', why, secret: true };
}

function within(value: number, min: number, max: number, format: (n: number) => string): Reading<number> {
  if (value < min) return wrong(`is too small; write at least ${format(min)}`);
  if (value > max) return wrong(`is too large; write at most ${format(max)}`);
  return ok(value);
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
