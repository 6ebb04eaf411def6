/** Reads a YAML file into plain values. The only importer of yaml. Every failure is a Problem of one line. */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { isRecord } from '../lib/fields.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read; check its permissions',
  EISDIR: 'is a folder; name the file in it',
};

/** `label`: how the file is called in problems. A file of comments only is an empty tree. */
export function readYamlFile(file: string, label: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`${label}: ${READ_FAILURES[errorCode(error) ?? ''] ?? messageOf(error)}`);
  }
  const document = parseDocument(text, { prettyErrors: false });
  const [first] = document.errors;
  if (first) {
    const before = text.slice(0, first.pos[0]).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
    throw new Problem(`${label}: ${place}: ${first.message.replace(/\s+/g, ' ')}`);
  }
  const tree: unknown = document.toJS();
  if (tree === null || tree === undefined) return {};
  if (!isRecord(tree)) throw new Problem(`${label}: is not a list of settings; write "key: value" lines`);
  return tree;
}
