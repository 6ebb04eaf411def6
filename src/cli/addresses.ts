/** Senders and recipients as they are shown. */

/** "ali@moh.example", "ali@moh.example and 3 more". */
export function several(addresses: readonly string[], count = addresses.length): string {
  const first = addresses[0] ?? 'nobody';
  return count > 1 ? `${first} and ${count - 1} more` : first;
}

/** RFC 5321 §4.5.5: the empty path of bounces and notices. */
export function senderOf(sender: string | null): string {
  return sender ?? '<>';
}
