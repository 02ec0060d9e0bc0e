export { ancestorsOf } from './ancestors.js';
export { commitOrder, commitOrderFaults, type CommitOrder } from './commit-order.js';
