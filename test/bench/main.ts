/**
 * `npm run bench [-- accept | content | mail | spool | log]`: measures, and prints ratios to a peer of the same run where there is one.
 * accept: durable accepting alone beside Postfix, three runs each in turn, 20 kB over 20 connections.
 * content: the look at a message's content alone, without a server.
 * mail: 1,000 messages of 20 kB from 20 connections, through scanners to mailboxes. spool: the spool alone.
 * log: searches among ten million entries of the delivery log; making them takes minutes.
 */
import { benchAccept } from './accept.ts';
import { benchContent } from './content.ts';
import { benchLog } from './log.ts';
import { benchMail } from './mail.ts';
import { benchSpool } from './spool.ts';

const BENCHES = {
  accept: benchAccept,
  content: benchContent,
  mail: benchMail,
  spool: benchSpool,
  log: benchLog,
} as const;
type Name = keyof typeof BENCHES;

const isName = (word: string): word is Name => Object.hasOwn(BENCHES, word);
const words = process.argv.slice(2);
const names = Object.keys(BENCHES).filter(isName);
const unknown = words.filter((word) => !isName(word));

if (unknown.length > 0) {
  process.stderr.write(`bench: "${unknown[0]}" is not a bench; use ${names.join(', ')}, or none for all\n`);
  process.exitCode = 2;
} else {
  for (const name of names) if (words.length === 0 || words.includes(name)) await BENCHES[name]();
}
