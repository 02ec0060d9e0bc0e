/** A part of a regular expression. Groups have no node of their own: nothing asks what they captured. */
export type RegexNode =
  /** One character: the source of a class, of an escape, or of the character itself. */
  | { readonly kind: 'character'; readonly source: string }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly part: RegexNode;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  /** Looks ahead, or behind, without moving on. */
  | {
      readonly kind: 'look';
      readonly part: RegexNode;
      readonly behind: boolean;
      readonly negative: boolean;
    };

/** Any character. */
export const ANY: RegexNode = { kind: 'character', source: String.raw`[\s\S]` };

/** True if a part can match without taking a character. */
export function isNullable(node: RegexNode): boolean {
  switch (node.kind) {
    case 'character':
      return false;
    case 'sequence':
      return node.parts.every(isNullable);
    case 'choice':
      return node.options.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.part);
    case 'look':
      return true;
  }
}
