/** Prints a tree as JSON. Not by recursion: it may be nested deeply. */
export function printJson(root) {
  const out = [];
  const pending = [root];
  while (pending.length > 0) {
    const node = pending.pop();
    if (typeof node === 'string') out.push(node);
    else if (node.list) {
      pending.push(']');
      for (let i = node.list.length - 1; i >= 0; i--) pending.push(node.list[i], i > 0 ? ',' : '');
      pending.push('[');
    } else if (node.map) {
      pending.push('}');
      for (let i = node.map.length - 1; i >= 0; i--) {
        pending.push(node.map[i][1], `${i > 0 ? ',' : ''}${JSON.stringify(node.map[i][0])}:`);
      }
      pending.push('{');
    } else out.push(JSON.stringify(node.value) ?? 'null');
  }
  return out.join('');
}
