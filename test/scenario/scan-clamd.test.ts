/** The real clamd, with a signature file that knows the EICAR test only, behind a connection that can be cut. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../src/lib/endpoint.ts';
import { createClamd } from '../../src/scan/clamd.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const never = new AbortController().signal;
/** Joined here so that no virus scanner takes this file for the test virus. */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('-');

let folder: TempFolder;
let proxy: FaultProxy;
let endpoint: Endpoint;
let stop: () => Promise<void>;

beforeAll(async () => {
  folder = await tempFolder();
  const path = folder.path;
  await mkdir(join(path, 'db'));
  const hex = Buffer.from(EICAR, 'latin1').toString('hex');
  await writeFile(join(path, 'db', 'eicar.ndb'), `Eicar-Test-Signature:0:*:${hex}\n`);
  const settings = [
    `DatabaseDirectory ${path}/db`,
    `TemporaryDirectory ${path}`,
    `LocalSocket ${path}/clamd.sock`,
    'Foreground yes',
    'User root',
    'StreamMaxLength 1M',
    'AlertEncrypted yes',
  ];
  await writeFile(join(path, 'clamd.conf'), `${settings.join('\n')}\n`);
  const child = spawn('clamd', ['-c', join(path, 'clamd.conf')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  endpoint = { kind: 'unix', path: join(path, 'clamd.sock') };
  const direct = createClamd({ endpoint, timeoutMs: 10_000 });
  await waitFor('clamd', async () => ((await direct.probe()).kind === 'up' ? true : undefined));
  proxy = await startFaultProxy(endpoint);
});

afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await stop?.();
  await folder?.[Symbol.asyncDispose]();
});

const scan = (text: string | Buffer, timeoutMs = 10_000) =>
  createClamd({ endpoint: proxy.endpoint, timeoutMs }).scan(
    async () => Readable.from([Buffer.from(text)], { objectMode: false }),
    never,
  );

test('plain mail is clean', async () => {
  expect(await scan('Subject: hello\r\n\r\nhello\r\n')).toEqual({ kind: 'clean' });
});

test('EICAR in an attachment is found by its name', async () => {
  const attachment = Buffer.from(EICAR).toString('base64');
  const head = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n';
  const part = `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${attachment}\r\n--b--\r\n`;
  const answer = await scan(head + part);
  expect(answer).toMatchObject({ kind: 'found', signature: expect.stringContaining('Eicar-Test-Signature') });
});

test('past its stream limit there is no verdict', async () => {
  expect((await scan(Buffer.alloc(3_000_000, 65))).kind).toBe('unavailable');
});

test('a connection cut in the middle is no verdict, and the next scan works', async () => {
  proxy.fault = { kind: 'cut', afterBytes: 50_000 };
  expect((await scan(Buffer.alloc(500_000, 65))).kind).toBe('unavailable');
  proxy.fault = { kind: 'mute' };
  expect((await scan('x', 300)).kind).toBe('unavailable');
  proxy.fault = { kind: 'pass' };
  expect((await scan('x')).kind).toBe('clean');
});

test('the version is told, the date of unofficial signatures is unknown', async () => {
  expect(await createClamd({ endpoint, timeoutMs: 1_000 }).probe()).toMatchObject({
    kind: 'up',
    version: expect.stringMatching(/^ClamAV \d/),
  });
});
