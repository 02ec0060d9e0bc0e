import { mountChat } from './chat/mount-chat.js';
import { mountFinetune } from './finetune/mount-finetune.js';
import { isolate } from './isolation/isolate.js';
import { showIsolation } from './isolation/show-isolation.js';
import { Connection } from './parts/connection.js';
import { byId } from './parts/elements.js';
import { Tabs } from './parts/tabs.js';
import { mountPretrain } from './pretrain/mount-pretrain.js';

// Before anything runs: the page may be loaded once more for it.
const isolation = await isolate();
showIsolation(byId('isolation'), isolation);

const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
const connection = new Connection(worker);
const tabs = new Tabs();

mountPretrain(connection);
tabs.add('pretrain');
mountFinetune(byId('finetune'), connection);
tabs.add('finetune');
mountChat(byId('chat'), connection);
tabs.add('chat');
