import { finetune } from './rows/finetune.js';
import { pretrain } from './pretrain/pretrain.js';

/** The tasks, by the command that begins their runs. */
export const tasks = { pretrain, finetune };
