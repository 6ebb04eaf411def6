/**
 * `geganti up` as an operator starts it, with a settings file in a folder of the test's own: what tests of its signals,
 * rights and stop have in common. The agency moh.example is there; users are added by the test.
 */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../../src/cli/api-client.ts';
import type { Status } from '../../src/http/resources.ts';
import { type Part, readStackState } from '../../src/stack/stack.ts';
import { connectDialogue, type Dialogue } from './dialogue.ts';
import { plainToken } from './doors.ts';
import { type Launched, launch } from './launcher.ts';
import type { DoorName, RunningUser } from './running.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

export interface Up extends AsyncDisposable {
  /** Holds `data`, the settings file, and what the test puts there. */
  readonly folder: string;
  readonly data: string;
  readonly launched: Launched;
  readonly api: ApiClient;
  writeSettings(yaml: string): Promise<void>;
  addUser(address: string): Promise<RunningUser>;
  /** Where the door of the receiver is that runs now. */
  port(door: DoorName): Promise<number>;
  /** A session up to the point where MAIL may be said, behind TLS where there is a login. */
  connect(door: DoorName, login?: RunningUser): Promise<Dialogue>;
  parts(): readonly Part[];
  readonly imapsPort: number;
  /** What a program has logged: "stack" (the supervisor), "receive" … */
  log(name: string): LogLine[];
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly error?: string;
  readonly changed?: readonly string[];
  readonly keys?: readonly string[];
  readonly serial?: string;
  readonly tookMs?: number;
}

/** Ready when it resolves. `prepare` makes what the settings name. */
export async function startUp(options: {
  readonly yaml?: (folder: string) => string;
  readonly prepare?: (folder: string) => Promise<void>;
  readonly env?: Readonly<Record<string, string>>;
  /** Called as soon as it runs. */
  readonly started?: (launched: Launched) => void;
}): Promise<Up> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await tempFolder()).path;
  const data = join(folder, 'd');
  const file = join(folder, 'geganti.yaml');
  await mkdir(data);
  await writeFile(file, options.yaml?.(folder) ?? '');
  await options.prepare?.(folder);
  const env = { GEGANTI_DATA: data, ...options.env };
  const launched = starting.use(launch({ args: ['up', '--config', file], env }));
  options.started?.(launched);
  await launched.ready();
  const api = createApiClient(() => ({ kind: 'unix', path: join(data, 'run', 'api.sock') }));
  await api.post('/agencies', {
    code: 'moh',
    name: 'Kesihatan',
    domains: ['moh.example'],
    gradeScheme: 'classic',
  });
  const owned = starting.move();

  const up: Up = {
    folder,
    data,
    launched,
    api,
    writeSettings: (yaml) => writeFile(file, yaml),
    async addUser(address) {
      const { password } = await api.post<{ password: string }>('/users', {
        address,
        name: address,
        grade: 'N29',
      });
      return { address, password };
    },
    async port(door) {
      const detail = await waitFor(`door ${door}`, async () => {
        const { parts } = await api.get<Status>('/status');
        return parts.find(({ name }) => name === `door ${door}`)?.detail ?? undefined;
      });
      return Number(detail.split(':').at(-1));
    },
    async connect(door, login) {
      const at = { address: '127.0.0.1', port: await up.port(door) };
      const dialogue = await connectDialogue(at, { tls: door === 'submissions' });
      await dialogue.expect(/^220 /);
      await dialogue.ask('EHLO client.test', /^250/);
      if (door === 'submission') {
        await dialogue.startTls();
        await dialogue.ask('EHLO client.test', /^250/);
      }
      if (login) await dialogue.ask(`AUTH PLAIN ${plainToken(login.address, login.password)}`, /^235/);
      return dialogue;
    },
    parts: () => readStackState(data)?.parts ?? [],
    get imapsPort() {
      return readStackState(data)?.ports.imaps ?? 0;
    },
    log: (name) => parseLog(readFileSync(join(data, 'log', `${name}.log`), 'utf8')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return up;
}

/** The lines that are records. */
export function parseLog(text: string): LogLine[] {
  const records = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return records.map((line) => JSON.parse(line) as LogLine);
}
