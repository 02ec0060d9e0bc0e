/** Prints a tree as YAML, in a style that changes from node to node: blocks and flows, quotes, anchors, tags. */
import { printJson } from './print-json.js';

const TAGS = ['!!str ', '!!int ', '!!float ', '!!bool ', '!!null ', '!!binary ', '!!set ', '!!omap ', '!!timestamp ', '!!js/function ', '!x ', '! ']; // prettier-ignore
const PLAIN = ['yes', 'No', 'off', '~', 'null', 'Null', '.inf', '-.Inf', '.nan', '0o17', '0x1F', '1_000', '1e3', '+1', '012', '1:30', '=', '<<', '2001-12-14', '""', "''", '- -', '? a', '@x', '`x`', '%x', '|', '>-']; // prettier-ignore

const pick = (random, list) => list[random.integer(list.length)];

function scalar(random, value, indent) {
  if (random.integer(30) === 0) return pick(random, PLAIN);
  if (typeof value !== 'string') return value === undefined ? 'null' : String(value);
  switch (random.integer(8)) {
    case 0:
      return value;
    case 1:
      return `'${value.replaceAll("'", "''")}'`;
    case 2:
      return `|\n${indent}  ${value.replaceAll('\n', `\n${indent}  `)}`;
    case 3:
      return `>-\n${indent}  ${value.replaceAll('\n', `\n${indent}  `)}`;
    default:
      return JSON.stringify(value);
  }
}

/** The properties before a node: an anchor, a tag. */
function properties(random, anchors) {
  switch (random.integer(40)) {
    case 0: {
      const name = `a${anchors.length}`;
      anchors.push(name);
      return `&${name} `;
    }
    case 1:
      return pick(random, TAGS);
    default:
      return '';
  }
}

function keyOf(random, key) {
  switch (random.integer(30)) {
    case 0:
      return `? ${JSON.stringify(key)}\n`;
    case 1:
      return `"${key}"`;
    case 2:
      return '<<';
    default:
      return /^[A-Za-z_][\w.]*$/.test(key) ? key : JSON.stringify(key);
  }
}

function print(random, node, indent, anchors, depth) {
  if (anchors.length > 0 && random.integer(25) === 0) return `*${pick(random, anchors)}`;
  const before = properties(random, anchors);
  const inner = node.list ?? node.map;
  // Deep down, and now and then, all on one line.
  if (inner && (inner.length === 0 || depth > 60 || random.integer(6) === 0)) return before + printJson(node);
  const step = pick(random, ['  ', '  ', '  ', ' ', '    ', '\t']);
  if (node.list) {
    const items = node.list.map(
      (item) => `${indent}- ${print(random, item, `${indent}${step}`, anchors, depth + 1)}`,
    );
    return `${before}\n${items.join('\n')}`;
  }
  if (node.map) {
    const items = node.map.map(
      ([key, value]) =>
        `${indent}${keyOf(random, key)}: ${print(random, value, `${indent}${step}`, anchors, depth + 1)}`,
    );
    return `${before}\n${items.join('\n')}`;
  }
  return before + scalar(random, node.value, indent);
}

export function printYaml(random, node) {
  const anchors = [];
  const text = print(random, node, '', anchors, 0).replace(/^\n/, '');
  const comment = random.integer(10) ? '' : '# a comment\n';
  return `${random.integer(20) ? '' : '---\n'}${comment}${text}\n${random.integer(40) ? '' : '...\n'}`;
}
