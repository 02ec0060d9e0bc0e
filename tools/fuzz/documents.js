/** Makes a damaged document of one of a target's right ones. */
import { mutateBytes } from './mutate-bytes.js';
import { mutateTree, treeOf } from './mutate-tree.js';
import { printJson } from './print-json.js';
import { printYaml } from './print-yaml.js';

const pick = (random, list) => list[random.integer(list.length)];

const makers = {
  /** Right documents as bytes. */
  bytes: (random, { seeds }) => mutateBytes(random, pick(random, seeds)),
  /** Right documents as values, printed as JSON. Their bytes are damaged as well, now and then. */
  json: (random, { seeds }) => {
    const text = Buffer.from(printJson(mutateTree(random, treeOf(pick(random, seeds)))));
    return random.integer(8) ? text : mutateBytes(random, text);
  },
  /** Documents of several lines, each of them JSON. */
  lines: (random, target) => {
    const lines = Array.from({ length: 1 + random.integer(3) }, () =>
      random.integer(3)
        ? Buffer.from(
            printJson(
              random.integer(2)
                ? treeOf(pick(random, target.seeds))
                : mutateTree(random, treeOf(pick(random, target.seeds))),
            ),
          )
        : makers.json(random, target),
    );
    const end = Buffer.from(pick(random, ['\n', '\n', '\n', '\r\n', '\n\n']));
    return Buffer.concat(lines.flatMap((line) => [line, end]));
  },
  yaml: (random, { seeds }) => {
    const text = Buffer.from(printYaml(random, mutateTree(random, treeOf(pick(random, seeds)))));
    return random.integer(10) ? text : mutateBytes(random, text);
  },
  /** Right programs, between and into which pieces of the language are put. */
  pieces: (random, { seeds, pieces }) => {
    let text = random.integer(4) ? pick(random, seeds) : '';
    for (let n = random.integer(10); n >= 0; n--) {
      const at = random.integer(text.length + 1);
      text =
        text.slice(0, at) +
        pick(random, pieces) +
        text.slice(at + (random.integer(3) ? 0 : random.integer(6)));
    }
    return text;
  },
};

/** A document for a target: what it is made of says `target.form`. */
export function documentOf(target, random) {
  const made = makers[target.form](random, target);
  return target.wrap ? target.wrap(made, random) : made;
}
