/** Words that turn a doc comment into half a question, e.g. "Whether it is locked" in place of "True if it is locked". */
const START = /^\*[\s*]*(What|Whether|Of)\b/;

/** An ESLint rule: a doc comment begins with what the thing is or does. */
export const docCommentStart = {
  meta: {
    type: 'suggestion',
    docs: { description: 'Require doc comments to begin with what a thing is or does.' },
    messages: {
      start:
        'Begin with what it is or does ("Returns …", "The options of …", "True if …"), not with "{{ word }}".',
    },
    schema: [],
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const [, word] = (comment.type === 'Block' && START.exec(comment.value)) || [];
          if (word !== undefined) context.report({ loc: comment.loc, messageId: 'start', data: { word } });
        }
      },
    };
  },
};
