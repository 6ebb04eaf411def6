/** "1 message", "3 messages", "12,345 messages"; `many`: a plural that is not made by an s. */
export function counted(number: number, noun: string, many = `${noun}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? noun : many}`;
}
