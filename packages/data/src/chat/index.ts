export type { ChatTemplate, Rendering, RenderOptions, RenderRequest, TextSpan } from './chat-template.js';
export { encodeExample, trainOnChoices, type EncodeExampleOptions, type TrainOn } from './encode-example.js';
export type { SpecialTokens } from './special-tokens.js';
