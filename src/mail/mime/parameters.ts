/**
 * The value of a structured MIME field: `value; name=value; name="value"` (RFC 2045 §5.1, RFC 2183 §2), read as mail
 * programs read it, so that nothing that one of them would find is missed. One pass, linear in the length.
 */

export interface Parameter {
  /** Lower case, with the marks of RFC 2231: `filename*0*`. */
  readonly name: string;
  /** Octets as Latin-1, quotes and backslashes undone. */
  readonly value: string;
  /** What a reader of another mind takes for the value; null: none does. */
  readonly other: string | null;
}

export interface StructuredValue {
  /** What stands before the first semicolon, comments and all. */
  readonly main: string;
  readonly parameters: readonly Parameter[];
  /** There are comments (RFC 822 §3.4.3) among the parameters. */
  readonly commented: boolean;
  /** More parameters than are read. */
  readonly tooMany: boolean;
}

export const MOST_PARAMETERS = 100;

/** `value`: unfolded, octets as Latin-1. */
export function parseStructured(value: string): StructuredValue {
  const comments = createComments(value);
  const mainEnd = endOfMain(value, comments);
  const parameters: Parameter[] = nameInMain(value.slice(0, mainEnd));
  let commented = false;
  let at = mainEnd;
  while (at < value.length && parameters.length <= MOST_PARAMETERS) {
    const start = skipSpace(value, value[at] === ';' ? at + 1 : at);
    const commentEnd = comments.end(start);
    if (commentEnd > 0) {
      commented = true;
      at = commentEnd;
      continue;
    }
    const nameEnd = indexOfAny(value, '=;', start);
    if (value[nameEnd] !== '=') {
      at = nameEnd;
      continue;
    }
    const name = value.slice(start, nameEnd).trim().toLowerCase();
    const read = readValue(value, skipSpace(value, nameEnd + 1));
    if (name !== '') parameters.push({ name, value: read.value, other: read.other });
    at = read.end;
  }
  return {
    main: value.slice(0, mainEnd).trim(),
    parameters: parameters.slice(0, MOST_PARAMETERS),
    commented,
    tooMany: parameters.length > MOST_PARAMETERS,
  };
}

/** `attachment filename=x`, `attachment, filename=x`: without its semicolon some read it all the same. */
function nameInMain(main: string): Parameter[] {
  const found = /[\s,)]((?:file)?name\*?)\s{0,9}=\s{0,9}/i.exec(main.slice(0, 2_000));
  if (!found) return [];
  const { value, other } = readValue(main, found.index + found[0].length);
  return [{ name: found[1]?.toLowerCase() ?? '', value, other }];
}

interface ReadValue {
  readonly value: string;
  readonly other: string | null;
  /** Where the next parameter may begin. */
  readonly end: number;
}

function readValue(text: string, start: number): ReadValue {
  return text[start] === '"' ? readQuoted(text, start) : readBare(text, start);
}

function readQuoted(text: string, start: number): ReadValue {
  let at = start + 1;
  let value = '';
  let from = at;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') {
      value += text.slice(from, at);
      from = ++at;
    }
    at++;
  }
  value += text.slice(from, Math.min(at, text.length));
  const raw = text.slice(start + 1, Math.min(at, text.length));
  if (at >= text.length) {
    // No quote ends it: some take all, some go on at the next semicolon.
    const end = indexOfAny(text, ';', start);
    return { value, other: text.slice(start, end), end };
  }
  const behind = skipSpace(text, at + 1);
  const next = indexOfAny(text, ';=(', behind);
  if (next === behind || text[next] === '=') return { value, other: raw === value ? null : raw, end: behind };
  const more = text.slice(behind, next).trim();
  return { value, other: more === '' ? null : value + more, end: next };
}

/** Old programs write file names with spaces and parentheses without quotes; others stop at the first of them. */
function readBare(text: string, start: number): ReadValue {
  const end = indexOfAny(text, ';', start);
  const value = text.slice(start, end).trim();
  const token = value.slice(0, indexOfAny(value, ' \t("', 0));
  return { value, other: token === value ? null : token, end };
}

/** The first semicolon outside quotes and comments. */
function endOfMain(text: string, comments: Comments): number {
  let at = 0;
  while (at < text.length && text[at] !== ';') {
    const commentEnd = comments.end(at);
    if (commentEnd > 0) at = commentEnd;
    else at = 1 + (text[at] === '"' ? Math.max(at, text.indexOf('"', at + 1)) : at);
  }
  return Math.min(at, text.length);
}

interface Comments {
  /** Behind the comment that begins here; 0: none does. */
  end(start: number): number;
}

/** RFC 5322 §3.2.2: comments nest. Behind one that nobody closes there are none, so that the cost stays linear. */
function createComments(text: string): Comments {
  let unclosed = false;
  return {
    end(start) {
      if (unclosed || text[start] !== '(') return 0;
      let depth = 0;
      for (let at = start; at < text.length; at++) {
        const char = text[at];
        if (char === '\\') at++;
        else if (char === '(') depth++;
        else if (char === ')' && --depth === 0) return at + 1;
      }
      unclosed = true;
      return 0;
    },
  };
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && (text[at] === ' ' || text[at] === '\t')) at++;
  return at;
}

/** The first of these characters; the length, if there is none. */
function indexOfAny(text: string, chars: string, start: number): number {
  for (let at = start; at < text.length; at++) if (chars.includes(text.charAt(at))) return at;
  return text.length;
}
