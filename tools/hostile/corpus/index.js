/** The families of hostile files. Each has a name, the commands that read it, and cases that write it over honest files. */
import { adapters } from './adapters.js';
import { currentFolder } from './current-folder.js';
import { configurations } from './configurations.js';
import { hub } from './hub.js';
import { models } from './models.js';
import { rows } from './rows.js';
import { runFolders } from './run-folders.js';
import { settings } from './settings.js';
import { templates } from './templates.js';
import { tokenFiles } from './token-files.js';
import { tokenizers } from './tokenizers.js';

export const families = [
  ...settings,
  ...runFolders,
  configurations,
  models,
  ...tokenizers,
  templates,
  adapters,
  ...rows,
  tokenFiles,
  ...currentFolder,
  hub,
];
