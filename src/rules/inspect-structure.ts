/** What the walk saw of a message's structure, as facts in plain words. */
import type { Found } from '../mail/finding.ts';
import type { Ambiguity, Excess, Structure } from '../mail/parts.ts';
import { partOf } from './inspect-founds.ts';

const AMBIGUOUS: Readonly<Record<Ambiguity, string>> = {
  'repeated-field': 'a MIME field is given twice',
  'repeated-parameter': 'a parameter of a MIME field is given twice',
  'bad-content-type': 'Content-Type cannot be read',
  'bad-boundary': 'the boundary of a multipart is not valid',
  'nested-boundary': 'the boundary of a multipart is used in another one as well',
  'encoded-container': 'a multipart or a message is encoded as a whole',
  'unknown-encoding': 'Content-Transfer-Encoding is unknown',
  'bad-base64': 'base64 with foreign characters or octets behind its end',
  partial: 'a fragment of a message (message/partial)',
  'external-body': 'the content lies elsewhere (message/external-body)',
  'hidden-header': 'it is not clear where a header ends',
  charset: 'a charset in which text can be hidden',
};

const EXCESSIVE: Readonly<Record<Excess, string>> = {
  depth: 'too many levels of parts in parts',
  parts: 'too many parts',
  'header-lines': 'too many header lines',
  'header-size': 'a header is too large',
  parameters: 'too many parameters of a MIME field',
};

export function structureWords(kind: Ambiguity): string {
  return AMBIGUOUS[kind];
}

export function structureFounds({ ambiguities, excesses, sealed }: Structure): Found[] {
  return [
    ...excesses.map(
      ({ kind, path }): Found => ({
        reason: 'too-complex',
        detail: EXCESSIVE[kind],
        part: partOf(path),
      }),
    ),
    ...ambiguities.map(
      ({ kind, path }): Found => ({ reason: 'structure', detail: AMBIGUOUS[kind], part: partOf(path) }),
    ),
    // The type is the sender's word, but one of a few that the walk knows.
    ...sealed.map((type): Found => ({ reason: 'sealed', detail: type, part: null })),
  ];
}
