import type { GgufValue } from '../file/metadata.js';
import type { TokenList } from './token-list.js';

/** A vocabulary of one kind: its tokens, and the keys that are particular to it. */
export interface VocabularyKind extends TokenList {
  readonly keys: readonly (readonly [key: string, value: GgufValue])[];
}
