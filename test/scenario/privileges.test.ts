/**
 * What a server that was started as root may still do: nothing that an ordinary user may not, in any of its threads; and
 * whose its files and sockets are. Ports below 1024 are held all the same.
 */

import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findServerUser, isRoot, staysRoot } from '../../src/lib/privileges.ts';
import { finals, letterText, logLines, sendOver } from '../support/running.ts';
import { startUp, type Up } from '../support/up.ts';
import { waitFor } from '../support/wait-for.ts';

/** Where the program lies below /root, the server stays root: nothing to see then. */
const drops = isRoot() && !staysRoot('geganti', import.meta.dirname);

describe.skipIf(!drops)('started as root', () => {
  let up: Up;
  let ports: readonly number[];

  beforeAll(async () => {
    ports = await freeLowPorts(3);
    const [mx, submission, submissions] = ports.map(String);
    up = await startUp({
      env: {
        GEGANTI_DOORS_MX_PORT: mx ?? '',
        GEGANTI_DOORS_SUBMISSION_PORT: submission ?? '',
        GEGANTI_DOORS_SUBMISSIONS_PORT: submissions ?? '',
      },
    });
    const aminah = await up.addUser('aminah@moh.example');
    const dialogue = await up.connect('mx');
    const from = 'wong@partner.example';
    const content = letterText(from, 'Salam');
    const { id } = await sendOver(dialogue, { door: 'mx', from, to: [aminah], content });
    dialogue.destroy();
    // By way of Redis, clamd, rspamd and LMTP, each behind a socket of another user's.
    await waitFor('the delivery', () =>
      finals(logLines(up.data)).some((event) => event.id === id) ? true : undefined,
    );
  });
  afterAll(() => up?.[Symbol.asyncDispose]());

  function pidOf(name: string): number {
    return up.parts().find((part) => part.name === name)?.pid ?? 0;
  }

  test.each(['receive', 'work'])('%s has given it up for good, in every thread', (name) => {
    const { uid, gid, groupIds } = findServerUser('geganti');
    const threads = readdirSync(`/proc/${pidOf(name)}/task`);
    expect(threads.length).toBeGreaterThan(1);
    for (const thread of threads) {
      const facts = statusOf(`/proc/${pidOf(name)}/task/${thread}/status`);
      // Real, effective, saved, and that of the file system.
      expect(facts.Uid).toBe([uid, uid, uid, uid].join(' '));
      expect(facts.Gid).toBe([gid, gid, gid, gid].join(' '));
      expect(facts.Groups).toBe([...groupIds].sort((a, b) => a - b).join(' '));
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
        expect(Number.parseInt(facts[set] ?? 'f', 16), set).toBe(0);
      }
    }
  });

  test('ports below 1024 are held by the receiver alone', () => {
    for (const port of ports) {
      expect(port).toBeLessThan(1024);
      const inode = listenerAt(port);
      for (const { name, pid } of up.parts()) {
        const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlink(`/proc/${pid}/fd/${fd}`));
        expect([name, links.includes(`socket:[${inode}]`)]).toEqual([name, name === 'receive']);
      }
    }
  });

  test('the sockets of API and link are for this user alone', () => {
    const { uid } = findServerUser('geganti');
    for (const name of ['api.sock', 'receive.sock']) {
      const found = statSync(join(up.data, 'run', name));
      expect([name, found.isSocket(), found.uid, found.mode & 0o777]).toEqual([name, true, uid, 0o600]);
    }
  });

  test('mail, accounts and log are this user’s, and nothing of them is for others', () => {
    const { uid } = findServerUser('geganti');
    for (const name of ['spool', 'quarantine', 'directory', 'trace', 'log/delivery']) {
      for (const [path, found] of below(join(up.data, name))) {
        expect([path, found.uid, found.mode & 0o007]).toEqual([path, uid, 0]);
      }
    }
  });

  test('nobody but root may replace what it relies on, and nothing can be written by everybody', () => {
    for (const [name, mode] of [
      ['', 0o755],
      ['run', 0o1775],
      ['log', 0o750],
    ] as const) {
      const found = statSync(join(up.data, name));
      expect([name, found.uid, found.mode & 0o7777]).toEqual([name, 0, mode]);
    }
    const open = below(up.data).filter(([, found]) => !found.isSocket() && (found.mode & 0o002) !== 0);
    expect(open.map(([path]) => path)).toEqual([]);
  });
});

function statusOf(path: string): Record<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', value = ''] = line.split(':');
      return [name, value.trim().split(/\s+/).join(' ')];
    }),
  );
}

/** The inode of the socket that listens on this port of 127.0.0.1. */
function listenerAt(port: number): string {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const LISTEN = '0A';
  const row = rows.map((line) => line.trim().split(/\s+/)).find((f) => f[1] === address && f[3] === LISTEN);
  if (!row?.[9]) throw new Error(`nobody listens on ${port}`);
  return row[9];
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The folder and all in it, without what vanishes meanwhile. */
function below(folder: string): [path: string, stats: Stats][] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))];
  return paths.flatMap((path): [string, Stats][] => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found ? [[path, found]] : [];
  });
}

async function freeLowPorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let port = 1023; port > 900 && found.length < count; port--) if (await isFree(port)) found.push(port);
  return found;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
