/** Durable accepting alone: everything is synced and queued, nothing scanned or delivered; Postfix beside us. */
import { join } from 'node:path';
import { tempFolder } from '../support/temp-folder.ts';
import { type LoadResult, runLoad } from './load.ts';
import { startPostfix } from './postfix.ts';
import { benchServer } from './server.ts';

const COUNT = 3_000;
const WARM_UP = 500;
const RUNS = 3;

/** Prints each run, the medians and their ratio. */
export async function benchAccept(): Promise<void> {
  await using folder = await tempFolder();
  await using ours = await benchServer({ discard: true });
  await using postfix = await startPostfix(join(folder.path, 'postfix'));
  if (!postfix) console.log('accept: Postfix is not beside us: it needs Debian\'s "postfix" and root');

  const rates: Record<string, number[]> = {};
  for (let run = 0; run < RUNS; run++) {
    for (const [name, peer] of Object.entries({ postfix, geganti: ours })) {
      if (!peer) continue;
      const load = { port: peer.port, connections: 20, sizeBytes: 20_000, ...ours.people };
      if (run === 0) await runLoad({ ...load, count: WARM_UP });
      const result = await runLoad({ ...load, count: COUNT });
      rates[name] = [...(rates[name] ?? []), result.perSecond];
      console.log(`accept: ${name.padEnd(8)} ${describeLoad(result)}`);
    }
  }
  const [mine, theirs] = [median(rates.geganti), median(rates.postfix)];
  if (postfix)
    console.log(
      `accept: medians ${mine.toFixed(0)} and ${theirs.toFixed(0)}/s: ${(mine / theirs).toFixed(2)} times Postfix`,
    );
}

export function describeLoad({ accepted, perSecond, p50Ms, p95Ms, refused }: LoadResult): string {
  const rate = `${accepted} accepted, ${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms`;
  const others = [...refused].map(([reply, count]) => `; ${count} x ${reply}`).join('');
  return rate + others;
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
