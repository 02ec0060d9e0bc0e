/** How a line of a shell begins in these pages. */
const COMMAND = /^\s*(attune|npm|npx|node|python3?|pip|git|jq|curl|\.ci\/)/;

/**
 * Makes Markdown of what VitePress takes for a template of Vue. Nothing in a page is run, whatever its text: HTML is text
 * (an option of markdown-it), and so are braces. Comments stay invisible. Indented blocks are highlighted as blocks in fences
 * are.
 */
export function plainMarkdown(md) {
  md.disable(['emoji', 'snippet'], true);
  md.block.ruler.before('blockquote', 'comment', comment, { alt: ['paragraph', 'blockquote', 'list'] });
  md.core.ruler.push('v-pre', withoutTemplates);
  md.renderer.rules.softbreak = softbreak;
  md.renderer.rules.code_block = (tokens, index, ...rest) => {
    const token = tokens[index];
    token.info = COMMAND.test(token.content) ? 'sh' : 'txt';
    return md.renderer.rules.fence(tokens, index, ...rest);
  };
}

/** A rule of markdown-it that leaves out comments that begin on a line of their own. */
function comment(state, startLine, endLine, silent) {
  const start = state.bMarks[startLine] + state.tShift[startLine];
  if (state.sCount[startLine] - state.blkIndent >= 4 || !state.src.startsWith('<!--', start)) return false;
  for (let line = startLine; line < endLine; line++) {
    if (!state.src.slice(state.bMarks[line], state.eMarks[line]).includes('-->')) continue;
    if (!silent) state.line = line + 1;
    return true;
  }
  return false;
}

const CHINESE = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u;

/** The end of a line: a space, except within Chinese, which has none. */
function softbreak(tokens, index) {
  const [before, after] = [tokens[index - 1]?.content.at(-1), tokens[index + 1]?.content.at(0)];
  return CHINESE.test(before ?? '') && CHINESE.test(after ?? '') ? '' : '\n';
}

/** A rule of markdown-it that has Vue take a whole page as it is. */
function withoutTemplates(state) {
  if (state.inlineMode) return;
  const html = (content) => Object.assign(new state.Token('html_block', '', 0), { content });
  state.tokens.unshift(html('<div v-pre>\n'));
  state.tokens.push(html('</div>\n'));
}

/** The anchor of a heading, as GitHub has it, so that a link to it leads there in the repository as well. */
export const githubSlug = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
