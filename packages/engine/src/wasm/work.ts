import { join } from './join.js';
import { Leader } from './lead.js';
import type { Command, Reply } from './protocol.js';

/**
 * The whole of a worker: carries out commands in order. What it throws ends the worker, and the thread that started it hears
 * of that.
 *
 * @param reply sends a message to the thread that started it.
 * @returns what takes the commands.
 */
export function work(reply: (message: Reply, transfer?: ArrayBuffer[]) => void): (command: Command) => void {
  let leader: Leader | undefined;
  return (command) => {
    if (command.type === 'lead') leader = new Leader(command, reply);
    else if (command.type === 'join') join(command, reply);
    else leader?.take(command);
  };
}
