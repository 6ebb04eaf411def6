/** Takes passwords out of what is shown: of URLs ("postgresql://user:***@host") and of their parameters. */
export function withoutSecrets(text: string): string {
  // To the last "@": a password may hold that sign. It may hide more than the password, never less.
  return text.replace(/(:\/\/[^:@/]*):.*@/g, '$1:***@').replace(/([?&](?:ssl)?password=)[^&\s"]*/gi, '$1***');
}
