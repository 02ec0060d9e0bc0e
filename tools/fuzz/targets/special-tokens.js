/** `tokenizer_config.json`: a chat template, or several, and the tokens with a meaning of their own. */
import { AttuneError, parseJson } from '@attune/core';
import { readSpecialTokens, templateSources } from '@attune/data';

export const target = {
  form: 'json',
  seeds: [
    {
      bos_token: '<s>',
      eos_token: { content: '</s>', lstrip: false },
      chat_template: '{{ x }}',
      model_max_length: 1e30,
      added_tokens_decoder: { 0: { content: '<s>', special: true } },
    },
    {
      pad_token: null,
      chat_template: [
        { name: 'default', template: 'a' },
        { name: 'tool_use', template: 'b' },
      ],
    },
  ],
  read(bytes) {
    let config;
    try {
      config = parseJson(Buffer.from(bytes).toString());
    } catch (cause) {
      throw new AttuneError('FILE_CORRUPT', 'not JSON', { cause });
    }
    readSpecialTokens({ tokenizerConfig: config, tokenizer: config });
    const sources = templateSources(config);
    if (sources && typeof sources.templates.default !== 'string')
      throw new Error('a template that is no text');
  },
};
