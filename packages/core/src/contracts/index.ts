export type * from './backend.js';
export type * from './communicator.js';
export type * from './data.js';
export type * from './model.js';
export type * from './objective.js';
export type * from './trainer.js';
