import { Connection } from './parts/connection.js';
import { Tabs } from './parts/tabs.js';
import { mountPretrain } from './pretrain/mount-pretrain.js';

const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
const connection = new Connection(worker);
const tabs = new Tabs();

mountPretrain(connection);
tabs.add('pretrain');
