import type { ImageSet } from '@attune/data';
import { drawnDigits, drawnLetters } from '@attune/demo-data';
import { mnistFiles } from '@attune/data/node';

/** Images to learn from, and others to be judged by. */
export interface Task {
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** Drawn digits: what the network is pretrained on. */
export function digitsTask({ train = 4000, test = 1000 } = {}): Task {
  return { train: drawnDigits({ count: train, seed: 1 }), test: drawnDigits({ count: test, seed: 2 }) };
}

/** Drawn letters, a few of each: the task it is adapted to. */
export function lettersTask({ train = 600, test = 1000 } = {}): Task {
  return { train: drawnLetters({ count: train, seed: 3 }), test: drawnLetters({ count: test, seed: 4 }) };
}

/** MNIST's own digits, from a folder with its files. */
export async function mnistTask(folder: string): Promise<Task> {
  return { train: await mnistFiles(folder, 'train'), test: await mnistFiles(folder, 'test') };
}
