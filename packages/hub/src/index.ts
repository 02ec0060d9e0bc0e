/**
 * Pretrained models from the Hugging Face hub, in the cache that Hugging Face's libraries share.
 *
 * @packageDocumentation
 */
export type { HubEvent, OnHubEvent } from './http/events.js';
export { parseHubId, type HubId } from './repository/hub-id.js';
export type { HubLimits } from './settings/limits.js';
export type { RetryPolicy } from './http/transient.js';
export {
  hubIdOf,
  missingFolder,
  planDownload,
  resolveModel,
  type PlannedDownload,
  type PlannedFile,
  type ResolvedModel,
  type ResolveModelOptions,
} from './resolve-model.js';
export type { Environment } from './settings/settings.js';
export { listFolder, type FolderFile, type FolderFiles } from './upload/folder-files.js';
export { pushModel, type PushedFile, type PushOptions, type PushReport } from './upload/push-model.js';
