/** A node of the library's trie; the id of the token that ends here is put there by {@link correctUnigram}. */
interface Node {
  readonly children: ReadonlyMap<string, Node>;
  id?: number;
}

/** The part of the library's Unigram that is used. */
export interface UnigramModel {
  readonly vocab: readonly string[];
  readonly scores: readonly number[];
  readonly unk_score: number;
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly trie: { readonly root: Node };
  encode: (pieces: readonly string[]) => string[];
}

/**
 * Lets the library's Unigram find the best tokens in one pass, with a score for each position and not a node for each
 * token that a text might have: a long piece takes memory in proportion to its length.
 */
export function correctUnigram(model: UnigramModel): void {
  const { vocab, scores, trie } = model;
  vocab.forEach((token, id) => {
    if (typeof token !== 'string') return;
    let node: Node | undefined = trie.root;
    for (const char of token) node = node?.children.get(char);
    // Of the same token twice, the library takes the last.
    if (node) node.id = id;
  });
  model.encode = (pieces) => pieces.flatMap(tokensOf);

  function tokensOf(piece: string): string[] {
    const chars = Array.from(piece);
    const best = new Float64Array(chars.length + 1).fill(-Infinity);
    const from = new Int32Array(chars.length + 1);
    best[0] = 0;
    const offer = (start: number, end: number, score: number) => {
      const sum = best[start]! + score;
      if (sum <= best[end]! && from[end] !== UNSEEN) return;
      best[end] = sum;
      from[end] = start;
    };
    from.fill(UNSEEN);
    for (let start = 0; start < chars.length; start++) {
      let node = trie.root.children.get(chars[start]!);
      if (node?.id === undefined) offer(start, start + 1, model.unk_score);
      for (let end = start + 1; node; node = node.children.get(chars[end++]!)) {
        if (node.id !== undefined) offer(start, end, scores[node.id]!);
        if (end >= chars.length) break;
      }
    }
    const tokens: string[] = [];
    for (let end = chars.length; end > 0; end = from[end]!) {
      tokens.push(end - from[end]! === 1 ? chars[end - 1]! : chars.slice(from[end], end).join(''));
    }
    return tokens.reverse();
  }
}

const UNSEEN = -1;
