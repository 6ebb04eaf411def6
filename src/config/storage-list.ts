/**
 * Reads the list of external storage (`config/external-storage.yaml`) into plain values. All that is wrong is found in one go
 * and reported in one Problem, a line each: file, line, key, value, what to write.
 */
import { domainToASCII } from 'node:url';
import { isRecord } from '../lib/fields.ts';
import { nearest } from '../lib/nearest.ts';
import { Problem } from '../lib/problem.ts';
import type { StorageHost, StorageList } from '../rules/content-policy.ts';
import { show } from './readers.ts';
import { readYamlFile } from './yaml-file.ts';

const SECTIONS = ['hosts', 'shorteners', 'allowed'];
const HOST_KEYS = ['paths', 'except', 'comment'];

/** Notes what is wrong at a key; the reader goes on with the rest. */
type Complain = (path: string, why: string) => void;

/** `file`: absolute path, which problems name. Throws a Problem, and nothing else, for whatever is wrong with it. */
export function readStorageList(file: string): StorageList {
  const { tree, lines } = readYamlFile(file, file);
  const problems: string[] = [];
  const complain: Complain = (path, why) => {
    const line = lines.get(path) ?? lines.get(path.replace(/\.[^.]*$/, ''));
    problems.push(`${file}: ${line === undefined ? '' : `line ${line}: `}${path}: ${why}`);
  };
  complainOfOthers(tree, SECTIONS, '', complain);
  const list = {
    hosts: readHosts(tree.hosts, 'hosts', complain),
    shorteners: readShorteners(tree.shorteners, complain),
    allowed: readAllowed(tree.allowed, complain),
  };
  if (list.hosts.length === 0 && problems.length === 0) {
    complain('hosts', 'there are none; write lines like "dropbox.com: Dropbox" below it');
  }
  if (problems.length > 0) throw new Problem(problems.join('\n'));
  return list;
}

function readHosts(given: unknown, path: string, complain: Complain): StorageHost[] {
  return entriesOf(given, path, complain).flatMap(([key, value]) => {
    const host = readHost(key);
    if (host !== null) return [readEntry(host, value, `${path}.${key}`, complain)];
    complain(
      `${path}.${key}`,
      `${show(key)} is not a host; write it like "dropbox.com", its paths below "paths"`,
    );
    return [];
  });
}

function readEntry(host: string, given: unknown, path: string, complain: Complain): StorageHost {
  const entry = { host, paths: [], except: [], comment: '' };
  if (given === null) return entry;
  if (typeof given === 'string' || typeof given === 'number') return { ...entry, comment: String(given) };
  if (!isRecord(given)) {
    complain(path, `${show(given)} is neither a comment nor "paths", "except" and "comment"`);
    return entry;
  }
  complainOfOthers(given, HOST_KEYS, `${path}.`, complain);
  return {
    host,
    paths: readPaths(given.paths, `${path}.paths`, complain),
    except: readPaths(given.except, `${path}.except`, complain),
    comment: given.comment === undefined || given.comment === null ? '' : String(given.comment),
  };
}

function readPaths(given: unknown, path: string, complain: Complain): string[] {
  if (given === undefined || given === null) return [];
  const members: unknown[] = Array.isArray(given) ? given : [given];
  return members.flatMap((member) => {
    if (typeof member === 'string' && /^\/[^\s?#]*$/.test(member)) return [member];
    complain(path, `${show(member)} is not the beginning of a path; write it like "/document"`);
    return [];
  });
}

function readShorteners(given: unknown, complain: Complain): string[] {
  return entriesOf(given, 'shorteners', complain).flatMap(([key]) => {
    const [name = '', ...steps] = key.split('/');
    const host = readHost(name);
    const path = steps.length > 0 ? `/${steps.join('/')}` : '';
    if (host !== null && /^[^\s?#]*$/.test(path)) return [host + path];
    complain(`shorteners.${key}`, `${show(key)} is not a host; write it like "bit.ly" or "goo.gl/*"`);
    return [];
  });
}

function readAllowed(given: unknown, complain: Complain): Record<string, StorageHost[]> {
  const agencies = entriesOf(given, 'allowed', complain);
  return Object.fromEntries(
    agencies.map(([code, hosts]) => [code, readHosts(hosts, `allowed.${code}`, complain)]),
  );
}

/** Lower case, in A-labels (RFC 5890 §2.3.2.1), a star for letters of one label; null: not a host. */
function readHost(key: string): string | null {
  const host = key.includes('*') ? key.toLowerCase() : domainToASCII(key);
  const labels = host.split('.');
  const isHost = labels.length > 1 && labels.every((label) => /^(?!-)[a-z0-9*_-]{1,63}(?<!-)$/.test(label));
  return isHost && !/^[*.]*$/.test(host) && host.length <= 253 ? host : null;
}

function entriesOf(given: unknown, path: string, complain: Complain): [string, unknown][] {
  if (given === undefined || given === null) return [];
  if (isRecord(given)) return Object.entries(given);
  complain(path, `${show(given)} is not a list of hosts; write lines like "dropbox.com: Dropbox" below it`);
  return [];
}

function complainOfOthers(given: object, known: readonly string[], prefix: string, complain: Complain): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    complain(
      prefix + key,
      `there is no such key; ${meant === null ? `known are ${known.join(', ')}` : `write "${meant}"`}`,
    );
  }
}
