import { AttuneError, didYouMean } from '@attune/core';
import type { SpecialTokens } from '../special-tokens/special-tokens.js';
import type { TemplateSources } from './template-sources.js';

/** Templates for models that come without one. */
export const builtInTemplateNames = ['chatml', 'llama3', 'plain'] as const;

/** One of {@link builtInTemplateNames}. */
export type BuiltInTemplateName = (typeof builtInTemplateNames)[number];

/**
 * A template by name. `plain` writes `User: …` and `Assistant: …`, and suits every vocabulary. `chatml` and `llama3` have
 * tokens of their own: where the vocabulary lacks them they are written as text, which is long but can be learned, and
 * turns end with the end-of-sequence token, so that generation stops.
 *
 * @throws AttuneError INVALID_ARGUMENT if there is none of this name.
 */
export function builtInTemplate(name: string, tokens: SpecialTokens): TemplateSources {
  const make = Object.hasOwn(templates, name) ? templates[name as BuiltInTemplateName] : undefined;
  if (!make) {
    throw new AttuneError('INVALID_ARGUMENT', `There is no chat template "${name}".`, {
      fix: didYouMean(name, builtInTemplateNames),
    });
  }
  return { name, templates: { default: make(tokens) } };
}

/** The token every text begins with, for models that have one. */
function begin(tokens: SpecialTokens): string {
  return tokens.addBos ? `{{- ${literal(tokens.bos, tokens)} }}` : '';
}

/** The text that ends a turn, as a Jinja expression. */
function endOf(own: string, tokens: SpecialTokens): string {
  return literal(tokens.texts.get(own) ?? tokens.eos, tokens);
}

/** The text of a token, by its id: not all models name their tokens for templates. */
function literal(id: number | undefined, { texts }: SpecialTokens): string {
  const [text = ''] = [...texts].find(([, other]) => other === id) ?? [];
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

const templates: Readonly<Record<BuiltInTemplateName, (tokens: SpecialTokens) => string>> = {
  chatml: (tokens) =>
    [
      begin(tokens),
      `{%- for message in messages %}`,
      `{{- '<|im_start|>' + message.role + '\\n' + message.content + ${endOf('<|im_end|>', tokens)} + '\\n' }}`,
      `{%- endfor %}`,
      `{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}`,
    ].join('\n'),
  llama3: (tokens) =>
    [
      begin(tokens),
      `{%- for message in messages %}`,
      `{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + ${endOf('<|eot_id|>', tokens)} }}`,
      `{%- endfor %}`,
      `{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`,
    ].join('\n'),
  plain: (tokens) =>
    [
      begin(tokens),
      `{%- for message in messages %}`,
      `{{- message.role | capitalize + ': ' + message.content }}`,
      `{%- if message.role == 'assistant' %}{{- ${literal(tokens.eos, tokens)} }}{% endif %}{{- '\\n' }}`,
      `{%- endfor %}`,
      `{%- if add_generation_prompt %}{{- 'Assistant:' }}{% endif %}`,
    ].join('\n'),
};
