export { openChatTemplate, openSpecialTokens, type OpenChatTemplateOptions } from './open-chat.js';
export type { RenderLimits } from './worker-engine.js';
