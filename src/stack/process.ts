/**
 * What /proc says about processes. A pid alone proves nothing, since numbers are used again; pid, boot and start time
 * together name one process for ever. Zombies count as gone.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly startTicks: string;
}

/** "boot/start": equal only for the same process; null: there is none. */
export function identityOf(pid: number): string | null {
  const stat = readStat(pid);
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return stat === null || stat.state === 'Z' ? null : `${boot}/${stat.startTicks}`;
}

export function groupMembers(group: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const stat = readStat(pid);
    return stat !== null && stat.group === group && stat.state !== 'Z';
  });
}

/** Whether the process names the folder in its command line, or works or is locked in below it. */
export function worksIn(pid: number, folder: string): boolean {
  const inside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`);
  const commandLine = readText(`/proc/${pid}/cmdline`) ?? '';
  return (
    commandLine.includes(`${folder}/`) ||
    ['cwd', 'root'].some((link) => inside(readLink(`/proc/${pid}/${link}`)))
  );
}

/** TERM to these, then KILL to what is left of them after `patienceMs`; resolves when none is left. */
export async function endProcesses(pids: () => number[], patienceMs: number, clock: Clock): Promise<void> {
  const begun = clock.elapsedMs();
  for (const pid of pids()) send(pid, 'SIGTERM');
  for (let left = pids(); left.length > 0; left = pids()) {
    if (clock.elapsedMs() - begun > patienceMs) for (const pid of left) send(pid, 'SIGKILL');
    await clock.sleep(20);
  }
}

/** A process that ended meanwhile is what was wanted. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {}
}

function readStat(pid: number): Stat | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? 'Z', group: Number(fields[2]), startTicks: fields[19] ?? '' };
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function readLink(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
