export { answerEndIds } from './encoding/answer-ends.js';
export {
  builtInTemplate,
  builtInTemplateNames,
  type BuiltInTemplateName,
} from './template/built-in-templates.js';
export type { ChatTemplate, RenderOptions, RenderRequest } from './template/chat-template.js';
export type { Rendering, TextSpan } from './jinja/evaluate/rendering.js';
export {
  encodeExample,
  encodePrompt,
  trainOnChoices,
  type EncodeExampleOptions,
  type EncodeOptions,
  type TrainOn,
} from './encoding/encode-example.js';
export { inProcessChatTemplate } from './template/jinja-template.js';
export { readSpecialTokens, type SpecialTokenFiles } from './special-tokens/read-special-tokens.js';
export { specialTokensOf } from './special-tokens/special-tokens-of.js';
export type { SpecialTokens } from './special-tokens/special-tokens.js';
export { templateSources, type TemplateSources } from './template/template-sources.js';
export { openSpecialTokens } from './special-tokens/open-special-tokens.js';
export { openTemplateSources } from './template/open-template-sources.js';
