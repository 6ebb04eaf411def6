/**
 * An SMTP client for tests that knows nothing of SMTP but how replies end: it says what it is told, octet for octet,
 * and reads replies. Failures show the whole dialogue.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';

const WAIT_MS = 10_000;

export interface Dialogue {
  /** Lines, each ended with CR LF, in one write. */
  say(...lines: string[]): Promise<void>;
  /** Octets (Latin-1) in one write. */
  send(octets: string | Buffer): Promise<void>;
  /** One octet per write. */
  drip(octets: string): Promise<void>;
  /** The next reply, all its lines; throws when it does not match. */
  expect(pattern: RegExp): Promise<string>;
  /** `say` and `expect`. */
  ask(line: string, pattern: RegExp): Promise<string>;
  /** Resolves when the server has closed; throws when it says something more. */
  expectClose(): Promise<void>;
  /** STARTTLS and the handshake. */
  startTls(options?: { version?: 'TLSv1.1' }): Promise<void>;
  /** The handshake alone, for tests that sent STARTTLS themselves. */
  handshake(): Promise<void>;
  /** Serial number of the certificate that the server showed; null: no TLS. */
  serial(): string | null;
  /** Half-closes. */
  end(): void;
  destroy(): void;
}

export async function connectDialogue(
  address: { address: string; port: number },
  options: { tls?: boolean; waitMs?: number; localAddress?: string } = {},
): Promise<Dialogue> {
  const { waitMs = WAIT_MS, localAddress } = options;
  const target = { host: address.address, port: address.port, ...(localAddress && { localAddress }) };
  let socket: Socket = await opened(connectTcp(target), 'connect');
  socket.setNoDelay(true);
  const lines: string[] = [];
  const transcript: string[] = [];
  let partial = '';
  let closed = false;
  let wake = (): void => {};

  const listen = (): void => {
    socket.on('data', (chunk: Buffer) => {
      partial += chunk.toString('latin1');
      const whole = partial.split('\r\n');
      partial = whole.pop() ?? '';
      lines.push(...whole);
      transcript.push(...whole.map((line) => `S: ${line}`));
      wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
      wake();
    });
  };
  const fail = (what: string): never => {
    throw new Error(
      `${what}\n${transcript.slice(-40).join('\n')}${partial ? `\nS: ${partial} (no line end)` : ''}`,
    );
  };
  const until = async (what: string, ready: () => boolean): Promise<void> => {
    const end = performance.now() + waitMs;
    while (!ready()) {
      if (performance.now() > end) fail(`waited ${waitMs} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const send = async (octets: string | Buffer): Promise<void> => {
    const buffer = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
    transcript.push(`C: ${JSON.stringify(buffer.toString('latin1', 0, 200))}`);
    await new Promise<void>((resolve) => socket.write(buffer, () => resolve()));
  };
  const expect = async (pattern: RegExp): Promise<string> => {
    const isWhole = (): number => lines.findIndex((line) => /^\d{3}(?: |$)/.test(line));
    await until(String(pattern), () => isWhole() >= 0 || closed);
    const reply = lines.splice(0, isWhole() + 1).join('\n');
    return pattern.test(reply)
      ? reply
      : fail(`expected ${pattern}, got ${JSON.stringify(reply)}${closed ? ' (closed)' : ''}`);
  };
  const upgrade = async (version?: 'TLSv1.1'): Promise<void> => {
    socket.removeAllListeners();
    const secured = connectTls({
      socket,
      rejectUnauthorized: false,
      ...(version ? { minVersion: 'TLSv1', maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    });
    socket = await opened(secured, 'secureConnect');
    listen();
  };

  const dialogue: Dialogue = {
    say: (...said) => send(said.map((line) => `${line}\r\n`).join('')),
    send,
    async drip(octets) {
      transcript.push(`C: (in single octets) ${JSON.stringify(octets.slice(0, 200))}`);
      for (const octet of octets) {
        await new Promise<void>((resolve) => socket.write(Buffer.from(octet, 'latin1'), () => resolve()));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    expect,
    async ask(line, pattern) {
      await dialogue.say(line);
      return await expect(pattern);
    },
    async expectClose() {
      await until('the end of the connection', () => closed || lines.length > 0);
      if (lines.length > 0)
        fail(`expected the end of the connection, got ${JSON.stringify(lines.join('\n'))}`);
    },
    async startTls({ version } = {}) {
      await dialogue.ask('STARTTLS', /^220 /);
      await upgrade(version);
    },
    handshake: () => upgrade(),
    serial: () => (socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : null),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
  if (options.tls) await upgrade();
  else listen();
  return dialogue;
}

function opened<T extends Socket>(socket: T, event: 'connect' | 'secureConnect'): Promise<T> {
  return new Promise((resolve, reject) => {
    const failed = (error?: Error | boolean): void =>
      reject(error instanceof Error ? error : new Error('closed before it was open'));
    socket.once('error', failed);
    socket.once('close', failed);
    socket.once(event, () => {
      socket.removeListener('error', failed);
      socket.removeListener('close', failed);
      resolve(socket);
    });
  });
}
