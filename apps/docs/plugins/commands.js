/** How a line of a shell begins in these pages. */
const COMMAND = /^\s*(attune|npm|npx|node|python3?|pip|git|jq|curl|\.ci\/)/;

/** True if an indented block is what one types in a shell: a command, perhaps over several lines, or several. */
const isShell = (text) => COMMAND.test(text);

/**
 * An option of markdown-it: indented blocks that are commands are highlighted as blocks in fences are. The others, such
 * as lists of files, are left as they are.
 */
export function highlightCommands({ renderer: { rules } }) {
  const plain = rules.code_block;
  rules.code_block = (tokens, index, ...rest) => {
    const token = tokens[index];
    if (!isShell(token.content)) return plain(tokens, index, ...rest);
    token.info = 'bash';
    return rules.fence(tokens, index, ...rest);
  };
}
