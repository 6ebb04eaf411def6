/**
 * One reading of a message: a streaming walk over its MIME tree (RFC 2045, RFC 2046), in constant memory and one pass over
 * the octets. It reports each part as it begins, hands its decoded octets to whoever wants them, counts the rest, and
 * names every place where another reader might see another structure. The folder `mime/` is its inside.
 *
 * It never throws for content. What it cannot read it reads as the most cautious reader would, and says so.
 */
import { createLedger } from './mime/ledger.ts';
import { WALK_LIMITS, type Walk, type WalkHandlers } from './mime/part.ts';
import { createTree } from './mime/tree.ts';

export * from './mime/part.ts';

export function createWalk(handlers: WalkHandlers, limits = WALK_LIMITS): Walk {
  const ledger = createLedger(limits);
  const tree = createTree(
    { handlers, ledger, limits, again: false },
    { kind: 'message', path: '', depth: 0 },
  );
  return {
    write: (chunk) => tree.write(chunk),
    end() {
      tree.end();
      return ledger.close();
    },
  };
}
