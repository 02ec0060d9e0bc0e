export { answerEndIds } from './answer-ends.js';
export { builtInTemplate, builtInTemplateNames, type BuiltInTemplateName } from './built-in-templates.js';
export type { ChatTemplate, RenderOptions, RenderRequest } from './chat-template.js';
export type { Rendering, TextSpan } from './jinja/rendering.js';
export {
  encodeExample,
  encodePrompt,
  trainOnChoices,
  type EncodeExampleOptions,
  type EncodeOptions,
  type TrainOn,
} from './encode-example.js';
export { inProcessChatTemplate } from './jinja-template.js';
export { readSpecialTokens, type SpecialTokenFiles } from './read-special-tokens.js';
export { specialTokensOf } from './special-tokens-of.js';
export type { SpecialTokens } from './special-tokens.js';
export { templateSources, type TemplateSources } from './template-sources.js';
export { openSpecialTokens } from './open-special-tokens.js';
export { openTemplateSources } from './open-template-sources.js';
