/**
 * An LMTP server whose answers are scripted: the first letters of a recipient's local part choose what it hears, and
 * every other recipient is delivered. What was delivered is kept, octet for octet.
 *
 *   at RCPT            tempfail 451, permfail 550, oddrcpt 999, dropatrcpt reset
 *   within the data    dropindata reset at the first octets
 *   after the dot      overquota 452, quota 552, laterfail 550, odd "2", mute nothing, dropafterdot a close,
 *                      endless a reply without end, nul a reply with control characters
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../../src/lib/endpoint.ts';

export interface LmtpSink extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** One entry a recipient that was told 250 after the dot. */
  readonly delivered: { readonly sender: string; readonly recipient: string; readonly data: Buffer }[];
  /** Every command line, DATA's content left out. */
  readonly commands: string[];
  /** Connections so far, and those open now. */
  readonly connections: number;
  readonly open: number;
  greeting: string;
  pipelining: boolean;
  /** Says this on every open connection, and closes it when it is a 421. Empty: closes without a word. */
  interrupt(line: string): void;
}

const AT_RCPT: Record<string, string> = {
  tempfail: '451 4.3.0 try later',
  permfail: '550 5.1.1 no such user',
  oddrcpt: '999 what',
};
const AFTER_DOT: Record<string, string> = {
  overquota: '452 4.2.2 Quota exceeded',
  quota: '552 5.2.2 Quota exceeded',
  laterfail: '550 5.2.0 not today',
  odd: '2',
  nul: '550 5.0.0 a\x00b\x1b[2Jc\xff',
};

export async function startLmtpSink(): Promise<LmtpSink> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.write(`${sink.greeting}\r\n`);
    converse(socket, sink);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sink: LmtpSink = {
    endpoint: { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    delivered: [],
    commands: [],
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    greeting: '220 sink LMTP',
    pipelining: true,
    interrupt(line) {
      for (const socket of sockets) {
        if (line !== '') socket.write(`${line}\r\n`);
        if (line === '' || line.startsWith('421')) socket.end();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return sink;
}

function converse(socket: Socket, sink: LmtpSink): void {
  let input = Buffer.alloc(0) as Buffer;
  let inData = false;
  let sender = '';
  let recipients: string[] = [];
  const reset = (): void => {
    inData = false;
    recipients = [];
  };
  const kind = (recipient: string): string => /^[a-z]+/.exec(recipient)?.[0] ?? '';

  function command(line: string): void {
    sink.commands.push(line);
    const path = /<(.*)>/.exec(line)?.[1] ?? '';
    const reply = replyTo(line.slice(0, 4).toUpperCase(), path);
    if (reply === null) socket.resetAndDestroy();
    else if (reply.startsWith('221')) socket.end(`${reply}\r\n`);
    else socket.write(`${reply}\r\n`);
  }

  function replyTo(verb: string, path: string): string | null {
    switch (verb) {
      case 'LHLO':
        return `250-sink\r\n${sink.pipelining ? '250-PIPELINING\r\n' : ''}250-8BITMIME\r\n250 ENHANCEDSTATUSCODES`;
      case 'MAIL':
        reset();
        sender = path;
        return path.startsWith('badsender') ? '550 5.7.1 not you' : '250 2.1.0 OK';
      case 'RCPT':
        if (kind(path) === 'dropatrcpt') return null;
        if (AT_RCPT[kind(path)] === undefined) recipients.push(path);
        return AT_RCPT[kind(path)] ?? '250 2.1.5 OK';
      case 'DATA':
        if (recipients.length === 0) return '503 5.5.1 no recipients';
        inData = true;
        return '354 go on';
      case 'QUIT':
        return '221 2.0.0 bye';
      default:
        return '250 2.0.0 OK';
    }
  }

  function finish(data: Buffer): void {
    for (const recipient of recipients) {
      const how = kind(recipient);
      if (how === 'dropafterdot') return void socket.end();
      if (how === 'mute') continue;
      if (how === 'endless') {
        socket.write('250-more and more\r\n'.repeat(100_000));
        continue;
      }
      const failure = AFTER_DOT[how];
      if (failure === undefined) sink.delivered.push({ sender, recipient, data });
      socket.write(`${failure ?? `250 2.0.0 <${recipient}> saved`}\r\n`, 'latin1');
    }
    reset();
  }

  socket.on('data', (octets: Buffer) => {
    input = Buffer.concat([input, octets]);
    for (;;) {
      if (inData) {
        if (recipients.some((recipient) => kind(recipient) === 'dropindata'))
          return void socket.resetAndDestroy();
        const end = input.subarray(0, 3).toString() === '.\r\n' ? 0 : input.indexOf('\r\n.\r\n') + 2;
        if (end === 1) return;
        const data = unstuff(input.subarray(0, end));
        input = input.subarray(end + 3);
        finish(data);
      } else {
        const end = input.indexOf('\r\n');
        if (end < 0) return;
        const line = input.subarray(0, end).toString('latin1');
        input = input.subarray(end + 2);
        command(line);
      }
    }
  });
}

/** RFC 5321 §4.5.2, done in the simplest way so that it checks the sending side. */
function unstuff(data: Buffer): Buffer {
  const lines = data.toString('latin1').split('\r\n');
  return Buffer.from(
    lines.map((line) => (line.startsWith('.') ? line.slice(1) : line)).join('\r\n'),
    'latin1',
  );
}
