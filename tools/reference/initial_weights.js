/**
 * Writes the weights that attune gives a small model of each family at first, for `pretraining.py` to train:
 *
 *     node tools/reference/initial_weights.js FOLDER    # after npm run build
 */
import { join } from 'node:path';
import { writeModelFolder } from '@attune/formats/node';
import { causalLmFamilies, initializeParameters } from '@attune/nn';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name a folder.');

/** The default of `attune pretrain --seed`. */
const SEED = 1337;
const SIZES = { vocabSize: 65, blockSize: 16, nLayer: 2, nHead: 4, nEmbd: 32 };
const PARTS = { gpt2: {}, llama: { nKvHead: 2, intermediateSize: 96 } };

for (const { name, architecture, model } of Object.values(causalLmFamilies)) {
  const made = model({ ...SIZES, ...PARTS[architecture] });
  const saved = new Set(made.parameters.map((parameter) => parameter.name));
  const parameters = Object.fromEntries(
    Object.entries(initializeParameters(made, SEED)).filter(([key]) => saved.has(key)),
  );
  await writeModelFolder(join(folder, name), { config: made.config, parameters });
}
