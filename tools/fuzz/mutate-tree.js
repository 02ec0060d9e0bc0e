/**
 * Damage to a document's tree, so that it still parses: values of other types and sizes, keys that stand twice or mean
 * something to JavaScript, deep nesting, parts in other places.
 */

const TEXTS = ['', 'x', '0', '-1', 'null', 'true', '__proto__', 'constructor', 'toString', '../../etc/passwd', '/dev/zero', 'a\0b', '\u001b]0;x\u0007', '\u202e', '\ud800', '😀', 'e\u0301', '(a+)+$', '.*.*.*.*x', '((', '[', '{{ x }}', '{% for x in y %}', 'data:text/javascript,0', 'node:fs', '~', 'no', '1_000', '0x10', '2001-01-01']; // prettier-ignore
const NUMBERS = [0, -0, 1, -1, 2, 0.5, 7, 64, 255, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e21, 1e300, -1e300, 5e-324]; // prettier-ignore
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then', '', '0', '-1', 'x', 'a.b', '\u001b[2J']; // prettier-ignore

/**
 * A document as a tree of nodes that can be printed in more than one way: `{ map: [[key, node], …] }`, `{ list: [node, …] }`
 * or `{ value }`. Unlike an object, a map may have a key twice.
 */
export function treeOf(value) {
  if (Array.isArray(value)) return { list: value.map(treeOf) };
  if (typeof value === 'object' && value !== null) {
    return { map: Object.entries(value).map(([key, inner]) => [key, treeOf(inner)]) };
  }
  return { value };
}

const pick = (random, list) => list[random.integer(list.length)];

function someValue(random) {
  switch (random.integer(9)) {
    case 0:
      return { value: null };
    case 1:
      return { value: random.integer(2) > 0 };
    case 2:
    case 3:
      return { value: pick(random, NUMBERS) };
    case 4:
    case 5:
      return { value: pick(random, TEXTS) };
    case 6:
      return { list: Array.from({ length: random.integer(4) }, () => someValue(random)) };
    case 7:
      return {
        map: Array.from({ length: random.integer(3) }, () => [pick(random, KEYS), someValue(random)]),
      };
    default:
      return nested(random, random.integer(10) ? random.integer(20) : random.integer(500));
  }
}

function nested(random, depth) {
  let node = { value: 1 };
  const isList = random.integer(2) > 0;
  for (let i = 0; i < depth; i++) node = isList ? { list: [node] } : { map: [['a', node]] };
  return node;
}

/** A node of the tree, with the list or map that it is in and its place there; mostly not deep. */
function somewhere(random, root) {
  let parent = { list: [root] };
  let index = 0;
  for (;;) {
    const node = parent.list ? parent.list[index] : parent.map[index][1];
    const inner = node.list ?? node.map;
    if (!inner?.length || random.integer(5) === 0) return { parent, index, node };
    parent = node;
    index = random.integer(inner.length);
  }
}

const put = ({ list, map }, index, node) => {
  if (list) list[index] = node;
  else map[index] = [map[index][0], node];
};

/** The tree, changed in one to three places. */
export function mutateTree(random, tree) {
  const top = { list: [structuredClone(tree)] };
  for (let n = random.integer(3); n >= 0; n--) change(random, top);
  return top.list[0];
}

function change(random, top) {
  const { parent, index, node } = somewhere(random, top.list[0]);
  // The document itself is exchanged seldom: little is found below it.
  if (parent.list?.[0] === top.list[0] && random.integer(20)) {
    if (node.map) return void node.map.push([pick(random, KEYS), someValue(random)]);
    return undefined;
  }
  const holder = parent.list?.[0] === top.list[0] ? top : parent;
  const siblings = holder.list ?? holder.map;
  switch (random.integer(10)) {
    case 0:
      return void siblings.splice(index, holder === top ? 0 : 1);
    case 1:
      return void (
        holder === top || siblings.splice(random.integer(siblings.length + 1), 0, siblings[index])
      );
    case 2:
      return put(holder, index, structuredClone(somewhere(random, top.list[0]).node));
    case 3:
      if (holder.map) holder.map[index] = [pick(random, KEYS), node];
      return undefined;
    case 4:
      if (holder.map) holder.map.push([pick(random, [...KEYS, holder.map[index][0]]), someValue(random)]);
      return undefined;
    case 5:
      if (typeof node.value === 'number')
        return put(holder, index, { value: node.value * pick(random, [-1, 2, 0.5, 1e9]) });
      if (typeof node.value === 'string')
        return put(holder, index, { value: node.value + pick(random, TEXTS) });
      return undefined;
    case 6:
      return put(holder, index, random.integer(2) ? { list: [node] } : { map: [['a', node]] });
    case 7: {
      const { list, map } = node;
      if (list?.length && list.length < 50) for (let i = random.integer(200); i > 0; i--) list.push(list[0]);
      else if (map?.length) node.map = map.toReversed?.() ?? [...map].reverse();
      return undefined;
    }
    default:
      return put(holder, index, someValue(random));
  }
}
