/** Our side of a bench: a whole server in a folder of its own, with users, and limits that fit a load from one address. */
import { type Running, startRunning } from '../support/running.ts';

export interface BenchServer extends AsyncDisposable {
  readonly running: Running;
  /** The mx door. */
  readonly port: number;
  readonly people: { readonly sender: string; readonly recipients: readonly string[] };
}

const USERS = 20;

export async function benchServer(options: { discard: boolean }): Promise<BenchServer> {
  const running = await startRunning({
    GEGANTI_DISCARD: String(options.discard),
    GEGANTI_DOORS_MX_MAX_CONNECTIONS_PER_ADDRESS: '200',
  });
  const recipients = Array.from({ length: USERS }, (_, index) => `user${index}@moh.example`);
  await Promise.all(recipients.map((address) => running.addUser({ address })));
  return {
    running,
    port: await running.port('mx'),
    people: { sender: 'sender@partner.example', recipients },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
