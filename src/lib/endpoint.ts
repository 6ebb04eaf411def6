/** Where a service listens: a Unix socket ("/path") or "host:port" ("[::1]:25" for IPv6). */
export type Endpoint = UnixSocket | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The rights of its file say who may connect. */
export interface UnixSocket {
  readonly kind: 'unix';
  readonly path: string;
}

/** Linux allows 108 octets for the path of a Unix socket, the end mark included. */
export const MAX_SOCKET_PATH_BYTES = 107;

export function parseEndpoint(text: string): Endpoint | null {
  if (text.startsWith('/')) return { kind: 'unix', path: text };
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text);
  if (!match) return null;
  const port = Number(match[3]);
  const host = match[1] ?? match[2];
  if (host === undefined || port < 1 || port > 65_535) return null;
  return { kind: 'tcp', host, port };
}

export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return endpoint.path;
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
}

/** Addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|::1)$/.test(host);
}

/** The options that `net.connect` and `http.request` take. */
export function connectOptions(endpoint: Endpoint): { path: string } | { host: string; port: number } {
  return endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
}
