export { broadcastText, exchangeNumbers, textNumber } from './exchange.js';
export { localCommunicators } from './local-communicators.js';
