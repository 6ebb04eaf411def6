/** From the query of a log route to the filter of the delivery log. */
import { parseMessageId } from '../mail/message-id.ts';
import type { LogFilter } from '../trace/log.ts';
import type { AgencyCodes } from './agency-codes.ts';
import { type LogFilterQuery, momentOf } from './queries.ts';

export type LogFilterReading =
  | { readonly kind: 'filter'; readonly filter: LogFilter }
  | { readonly kind: 'no-agency'; readonly code: string };

export function logFilterOf(query: LogFilterQuery, codes: Pick<AgencyCodes, 'idOf'>): LogFilterReading {
  const { id: idText, agency: code, since: sinceText, until: untilText, outcome: outcomes, ...texts } = query;
  const agency = code === undefined ? null : codes.idOf(code);
  if (code !== undefined && agency === null) return { kind: 'no-agency', code };
  // The query's check has read these three: they are not null where they are given.
  const id = idText === undefined ? null : parseMessageId(idText);
  const since = sinceText === undefined ? null : momentOf(sinceText);
  const until = untilText === undefined ? null : momentOf(untilText);
  return {
    kind: 'filter',
    filter: {
      ...texts,
      ...(id !== null && { id }),
      ...(agency !== null && { agency }),
      ...(since !== null && { since }),
      ...(until !== null && { until }),
      ...(outcomes !== undefined && { outcomes }),
    },
  };
}
