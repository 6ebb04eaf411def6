/** What the stage and the health watch need of a scanner, whichever program stands behind it. */
import type { Readable } from 'node:stream';
import type { Envelope } from '../mail/envelope.ts';
import type { SpamAnswer, Unavailable, VirusAnswer } from './verdict.ts';

/** Opens the content from its start; called once an attempt. */
export type Content = () => Promise<Readable>;

export interface VirusScanner {
  /**
   * Streams the content to the scanner. Never rejects because of the scanner (that is `unavailable`), only when the
   * content cannot be read. An aborted signal ends it with `unavailable`.
   */
  scan(content: Content, signal: AbortSignal): Promise<VirusAnswer>;
  probe(): Promise<ProbeAnswer>;
}

export interface SpamFilter {
  /** As `VirusScanner.scan`; the envelope tells the filter who sent what to whom. */
  scan(envelope: Envelope, content: Content, signal: AbortSignal): Promise<SpamAnswer>;
  probe(): Promise<ProbeAnswer>;
}

export type ProbeAnswer =
  | {
      readonly kind: 'up';
      /** "ClamAV 1.4.3/27800"; null: it does not say. */
      readonly version: string | null;
      /** When the virus signatures were made; null: unknown. */
      readonly signaturesAt: number | null;
    }
  | Unavailable;
