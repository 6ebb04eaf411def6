/** TLS where it comes first: the handshake before there is a session. */
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Limits } from '../config/settings.ts';
import type { CertificatePair } from '../lib/certificate-pair.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { TLS_OPTIONS } from './listener.ts';

/** Throws a Problem when the two do not fit together or TLS does not take them. */
export function secureContextOf({ cert, key }: CertificatePair): SecureContext {
  try {
    return createSecureContext({ cert, key, ...TLS_OPTIONS });
  } catch (error) {
    throw new Problem(
      `certificate: cannot be used for TLS (${messageOf(error)}); set a certificate and the key that belongs to it`,
    );
  }
}

export interface Handshakes {
  /** Begins the handshake of a socket that starts with TLS; `done` gets null when it fails. */
  begin(socket: Socket, done: (secured: TLSSocket | null) => void): void;
  /** Those that begin from now on show this certificate. */
  renew(pair: CertificatePair): void;
  /** Breaks off those under way. */
  destroy(): void;
}

/** A bare TLSSocket has no limit of time for its handshake; this gives it one. */
export function createHandshakes(options: {
  tls: CertificatePair;
  limits: Pick<Limits, 'handshakeMs'>;
  log: Log;
}): Handshakes {
  const { limits, log } = options;
  let secureContext = secureContextOf(options.tls);
  const pending = new Set<TLSSocket>();
  return {
    begin(socket, done) {
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      const timer = setTimeout(() => secured.destroy(), limits.handshakeMs);
      const noted = (error: Error): void => log.debug({ err: error }, 'TLS handshake failed');
      const failed = (): void => over(null);
      const over = (result: TLSSocket | null): void => {
        clearTimeout(timer);
        pending.delete(secured);
        secured.removeListener('close', failed);
        if (result) secured.removeListener('error', noted);
        done(result);
      };
      pending.add(secured);
      secured.on('error', noted);
      secured.once('close', failed);
      secured.once('secure', () => over(secured));
    },
    renew(pair) {
      secureContext = secureContextOf(pair);
    },
    destroy() {
      // The TLS sockets, not those below them: tearing one down in a handshake can crash Node.
      for (const socket of pending) socket.destroy();
    },
  };
}
