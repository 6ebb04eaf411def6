/** Reads a YAML file into plain values, with the line of each. The only importer of yaml. Every failure is a Problem of one line. */
import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { isRecord } from '../lib/fields.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';
import { withoutSecrets } from './secrets.ts';

export interface YamlFile {
  readonly tree: Record<string, unknown>;
  /** Dotted path → the line of its key, counted from 1. What an alias brings in has no line of its own. */
  readonly lines: ReadonlyMap<string, number>;
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read; check its permissions',
  EISDIR: 'is a folder; name the file in it',
};

/** `label`: how the file is called in problems. A file of comments only is an empty tree. */
export function readYamlFile(file: string, label: string): YamlFile {
  const text = readText(file, label);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter });
  const [first] = document.errors;
  if (first) {
    const { line, col } = lineCounter.linePos(first.pos[0]);
    const message = withoutSecrets(first.message.replace(/\s+/g, ' '));
    throw new Problem(`${label}: line ${line}, column ${col}: ${message}`);
  }
  const tree: unknown = document.toJS() ?? {};
  if (!isRecord(tree)) throw new Problem(`${label}: is not a list of settings; write "key: value" lines`);
  return { tree, lines: new Map(linesOf(document.contents, '', lineCounter)) };
}

function readText(file: string, label: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`${label}: ${READ_FAILURES[errorCode(error) ?? ''] ?? messageOf(error)}`);
  }
}

function linesOf(node: unknown, prefix: string, counter: LineCounter): [string, number][] {
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }): [string, number][] => {
    if (!isScalar(key) || !key.range) return [];
    const path = `${prefix}${key.value}`;
    const { line } = counter.linePos(key.range[0]);
    return [[path, line], ...linesOf(value, `${path}.`, counter)];
  });
}
