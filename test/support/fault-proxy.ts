/**
 * A proxy between a client and a real program that can be made to misbehave: `pass` hands everything on, `refuse` closes
 * at once, `mute` takes everything and says nothing, `garbage` answers nonsense, `cut` closes after so many octets,
 * `withhold` (SMTP and LMTP) keeps back the answers to a message that has gone through whole.
 * `close()` takes it away as if the program had ended; `open()` brings it back at the same place.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connectOptions, type Endpoint } from '../../src/lib/endpoint.ts';

export type Fault =
  | { readonly kind: 'pass' | 'refuse' | 'mute' | 'garbage' | 'withhold' }
  | { readonly kind: 'cut'; readonly afterBytes: number };

export interface FaultProxy extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** For connections that come from now on. */
  fault: Fault;
  /** Connections so far. */
  readonly connections: number;
  /** Sets the fault and ends all connections, so that nobody goes on over an old one. */
  turn(kind: Exclude<Fault['kind'], 'cut'>): Promise<void>;
  /** Hands on the answers that were withheld. */
  release(): void;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** `at`: a Unix socket path to listen at, or null for a free loopback port. */
export async function startFaultProxy(to: Endpoint, at: string | null = null): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let withheld: (() => void)[] = [];
  let server: Server | null = null;
  let endpoint: Endpoint = { kind: 'unix', path: at ?? '' };
  let connections = 0;
  let port = 0;

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };

  const proxy: FaultProxy = {
    get endpoint() {
      return endpoint;
    },
    fault: { kind: 'pass' },
    get connections() {
      return connections;
    },
    async turn(kind) {
      proxy.fault = { kind };
      await proxy.close();
      await proxy.open();
    },
    release() {
      for (const answer of withheld) answer();
      withheld = [];
    },
    async open() {
      if (server) return;
      server = createServer((client) => {
        connections++;
        serve(keep(client), proxy.fault, {
          dial: () => keep(connect(connectOptions(to))),
          withhold: (answer) => void withheld.push(answer),
        });
      });
      await new Promise<void>((resolve, reject) => {
        server?.once('error', reject).once('listening', resolve);
        if (at === null) server?.listen(port, '127.0.0.1');
        else server?.listen(at);
      });
      const bound = server.address();
      if (bound !== null && typeof bound === 'object') {
        port = bound.port;
        endpoint = { kind: 'tcp', host: '127.0.0.1', port };
      }
    },
    async close() {
      const closing = server;
      server = null;
      for (const socket of sockets) socket.destroy();
      if (closing) await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
    [Symbol.asyncDispose]: () => proxy.close(),
  };
  await proxy.open();
  return proxy;
}

function serve(
  client: Socket,
  fault: Fault,
  { dial, withhold }: { dial: () => Socket; withhold: (answer: () => void) => void },
): void {
  switch (fault.kind) {
    case 'refuse':
      client.resetAndDestroy();
      return;
    case 'mute':
      client.resume();
      return;
    case 'garbage':
      client.resume();
      client.write('\x00\xff garbage \r\n999 nonsense\r\n');
      return;
    case 'pass':
    case 'withhold':
    case 'cut': {
      const peer = dial();
      let left = fault.kind === 'cut' ? fault.afterBytes : Number.POSITIVE_INFINITY;
      let end = '';
      client.on('data', (octets: Buffer) => {
        end = (end + octets.subarray(-5).toString('latin1')).slice(-5);
        peer.write(octets.subarray(0, Math.min(left, octets.length)));
        left -= octets.length;
        if (left <= 0) {
          client.resetAndDestroy();
          peer.destroy();
        }
      });
      peer.on('data', (octets) => {
        if (fault.kind === 'withhold' && end === '\r\n.\r\n') withhold(() => client.write(octets));
        else client.write(octets);
      });
      client.on('end', () => peer.end());
      peer.on('end', () => client.end());
      client.on('close', () => peer.destroy());
      peer.on('close', () => client.destroy());
    }
  }
}
