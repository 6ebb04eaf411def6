/** Reads command lines (RFC 5321 §4.1.1). Pure; what an address or parameter means is decided elsewhere. */

export interface Command {
  /** Upper case; '' when the line does not begin with a word. */
  readonly verb: string;
  /** What follows the verb, without the spaces around it; octets as Latin-1. */
  readonly argument: string;
}

export function parseCommand(line: Buffer): Command {
  const match = /^([A-Za-z]+)(?:[ \t]+(.*))?$/.exec(line.toString('latin1').trimEnd());
  return { verb: match?.[1]?.toUpperCase() ?? '', argument: match?.[2] ?? '' };
}

export interface PathArgument {
  /** The text between `<` and `>`, a source route taken off (RFC 5321 §4.1.2: accepted and ignored). */
  readonly path: string;
  /** Upper-case keyword → value; null: without one. */
  readonly parameters: ReadonlyMap<string, string | null>;
}

const PATH = {
  FROM: /^FROM:[ \t]*<([^<>]*)>(?:[ \t]+(.*))?$/i,
  TO: /^TO:[ \t]*<([^<>]*)>(?:[ \t]+(.*))?$/i,
};
const ROUTE = /^@[^\s,:@]+(?:,@[^\s,:@]+)*:/;
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?$/;

/** Null: not `FROM:<path> parameters`; 'parameters': they are malformed, or one is given twice. */
export function parsePath(argument: string, keyword: 'FROM' | 'TO'): PathArgument | 'parameters' | null {
  const match = PATH[keyword].exec(argument);
  if (!match) return null;
  const parameters = new Map<string, string | null>();
  for (const text of match[2]?.split(/[ \t]+/) ?? []) {
    const parameter = PARAMETER.exec(text);
    const name = parameter?.[1]?.toUpperCase();
    if (name === undefined || parameters.has(name)) return 'parameters';
    parameters.set(name, parameter?.[2] ?? null);
  }
  return { path: (match[1] ?? '').replace(ROUTE, ''), parameters };
}

/**
 * A host name or address literal as clients give it in HELO and EHLO. Wider than RFC 5321 §4.1.1.1 (machine
 * names, bare addresses), yet only characters that are harmless in a Received line.
 */
export function isHelloName(text: string): boolean {
  return text.length <= 255 && /^(?:[A-Za-z0-9._:-]+|\[[A-Za-z0-9.:]+\])$/.test(text);
}

export function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}
