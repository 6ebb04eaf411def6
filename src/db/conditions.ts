/** Conditions of a query that is put together piece by piece, and one that each database would write in its own way. */
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';

export type Condition = Expression<SqlBool>;
/** Makes conditions on the columns of a table. */
export type ConditionBuilder<Schema, Table extends keyof Schema> = ExpressionBuilder<Schema, Table>;

/**
 * The text holds the word, in any case; a text that is null holds none. The word's own wildcards are letters. SQLite
 * lowers ASCII only, so nothing else is lowered here.
 */
export function containsWord(text: Expression<string | null>, word: string): Condition {
  const lowered = word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const pattern = `%${lowered.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`lower(${text}) like ${pattern} escape '\\'`;
}
