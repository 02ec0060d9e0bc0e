import { charTokenizer, inProcessChatTemplate, specialTokensOf, type ChatTemplate } from '@attune/data';
import { serveModel, type BatchingOptions, type ServedModel } from '../models/served-model.js';
import { startSourceGrammarThread } from './source-grammar-thread.js';
import { tinyServed } from './tiny-served.js';

/** Printable ASCII and a line end: 96 characters, one token each. */
const CHARACTERS = `\n${Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')}`;

const TEMPLATE = `{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}{{ message.role }}: {{ message.content }}
{% endfor %}assistant:`;

/** A tiny model that reads and writes printable ASCII. */
export interface TinyTextModel extends ServedModel {
  dispose(): Promise<void>;
}

/** Serves a {@link TinyTextModel} as `tiny`. Its texts are nonsense, and always the same ones. */
export async function tinyTextModel(
  options: BatchingOptions = {},
  template: ChatTemplate | undefined = inProcessChatTemplate({
    name: '/secret/path',
    templates: { default: TEMPLATE },
  }),
): Promise<TinyTextModel> {
  const tokenizer = charTokenizer(CHARACTERS);
  const { dispose, ...tiny } = await tinyServed({ vocabSize: tokenizer.vocabSize, blockSize: 128 });
  const text = {
    tokenizer,
    specialTokens: specialTokensOf(tokenizer),
    ...(template && { template }),
    endIds: async () => [],
    close: async () => undefined,
  };
  const served = serveModel({ id: 'tiny', text, startGrammar: startSourceGrammarThread, ...tiny }, options);
  return {
    ...served,
    async dispose() {
      await served.close();
      await dispose();
    },
  };
}
