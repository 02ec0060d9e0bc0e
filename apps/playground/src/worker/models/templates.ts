import { builtInTemplate, inProcessChatTemplate, openTemplateSources } from '@attune/data';
import type { ModelHost } from '@attune/runs';

/**
 * Opens the chat template of a folder, or a built-in one by name. A stranger's is rendered in this worker, and not in the
 * page: it ends with an error when its budget of steps and memory is used up.
 */
export const openTemplate: ModelHost['openTemplate'] = async (folder, { specialTokens, template }) => {
  const sources =
    template === undefined ? await openTemplateSources(folder) : builtInTemplate(template, specialTokens);
  return sources && inProcessChatTemplate(sources, specialTokens.names);
};
