/**
 * An SMTP or LMTP reply (RFC 5321 §4.2) with its enhanced status code (RFC 3463), as a value. Lines are ASCII
 * without code and without line ends.
 */
export interface Reply {
  readonly code: number;
  /** "5.7.1"; null where the peer gave none. */
  readonly enhanced: string | null;
  readonly lines: readonly string[];
}

/** Ours have two lines: Bahasa Melayu, then English. */
export function reply(code: number, enhanced: string, malay: string, english: string): Reply {
  return { code, enhanced, lines: [malay, english] };
}

/** "552 5.2.2 text / text" on one line, for logs and delivery status notifications; at most `limit` characters. */
export function formatReply(value: Reply, limit = 500): string {
  const parts = [String(value.code), value.enhanced ?? '', value.lines.join(' / ')];
  const text = parts.filter((part) => part !== '').join(' ');
  return printable(text).slice(0, limit);
}

/** Reads the text of a peer's reply, continuation lines included; unknown forms become code 0 (temporary). */
export function parseReply(text: string): Reply {
  const lines: string[] = [];
  let code = 0;
  let enhanced: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const match = /^(\d{3})(?:[- ](?:([245]\.\d{1,3}\.\d{1,3})(?: |$))?(.*))?$/.exec(line.trim());
    if (!match) {
      if (line.trim() !== '') lines.push(printable(line.trim()));
      continue;
    }
    code ||= Number(match[1]);
    enhanced ??= match[2] ?? null;
    if (match[3]) lines.push(printable(match[3]));
  }
  return { code, enhanced, lines };
}

/** Everything that is not printable ASCII becomes "?": text of strangers ends up in terminals and messages. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
