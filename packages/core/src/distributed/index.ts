export { localCommunicators } from './local-communicators.js';
