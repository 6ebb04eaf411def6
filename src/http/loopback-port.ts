/** The API on a TCP port, for this machine alone: it is not encrypted. */
import { type Endpoint, formatEndpoint, isLoopback } from '../lib/endpoint.ts';
import { errorCode, Problem } from '../lib/problem.ts';

/** Binds by `listen`. Throws a Problem that names the cure. */
export async function publishPort(
  endpoint: Endpoint,
  listen: (at: { host: string; port: number }) => Promise<unknown>,
): Promise<void> {
  const name = `api.listen: ${formatEndpoint(endpoint)}`;
  if (endpoint.kind !== 'tcp' || !isLoopback(endpoint.host)) {
    throw new Problem(`${name} is not a port of this machine itself; write it like "127.0.0.1:2580"`);
  }
  try {
    await listen({ host: endpoint.host, port: endpoint.port });
  } catch (error) {
    const cure = CURES[errorCode(error) ?? ''];
    throw cure === undefined ? error : new Problem(`${name} ${cure}`);
  }
}

const CURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use; stop what listens there or choose another port',
  EADDRNOTAVAIL: 'is not an address of this machine; choose another one',
  EACCES: 'needs the right to open a port below 1024; choose another one',
};
