/** The part of the library's WordPiece that is used. */
export interface WordPieceModel {
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly unk_token?: string;
  readonly max_input_chars_per_word: number;
  readonly config: { readonly continuing_subword_prefix?: string };
  encode: (words: readonly string[]) => string[];
}

interface Node {
  readonly children: Map<string, Node>;
  token?: string;
}

/** Lets the library's WordPiece look for the longest token in one pass, where it tries every length. */
export function correctWordPiece(model: WordPieceModel): void {
  let root: Node | undefined;
  model.encode = (words) => {
    root ??= trieOf(model.tokens_to_ids.keys());
    const tokens: string[] = [];
    for (const word of words) {
      const chars = Array.from(word);
      const found = chars.length > model.max_input_chars_per_word ? undefined : tokensOf(root, chars);
      if (!found) tokens.push(model.unk_token!);
      else for (const token of found) tokens.push(token);
    }
    return tokens;
  };

  function tokensOf(first: Node, chars: readonly string[]): string[] | undefined {
    let later: Node | undefined = first;
    for (const char of model.config.continuing_subword_prefix ?? '##') later = later?.children.get(char);
    const tokens: string[] = [];
    for (let start = 0; start < chars.length;) {
      let longest: string | undefined;
      let longestEnd = start;
      let node = start === 0 ? first : later;
      for (let end = start; end < chars.length;) {
        node = node?.children.get(chars[end++]!);
        if (!node) break;
        if (node.token === undefined) continue;
        longest = node.token;
        longestEnd = end;
      }
      if (longest === undefined) return undefined;
      tokens.push(longest);
      start = longestEnd;
    }
    return tokens;
  }
}

function trieOf(tokens: Iterable<string>): Node {
  const root: Node = { children: new Map() };
  for (const token of tokens) {
    let node = root;
    for (const char of token) {
      let child = node.children.get(char);
      if (!child) node.children.set(char, (child = { children: new Map() }));
      node = child;
    }
    node.token = token;
  }
  return root;
}
