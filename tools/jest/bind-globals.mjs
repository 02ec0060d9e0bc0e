/** Globals of the language that nothing replaces while tests run. */
const CONSTANT = new Set(
  `Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Error Float32Array Float64Array Infinity Int16Array
  Int32Array Int8Array JSON Map Math NaN Number Object RangeError RegExp Set String Symbol TypeError Uint16Array Uint32Array
  Uint8Array Uint8ClampedArray WeakMap isNaN parseFloat parseInt`.split(/\s+/),
);

/**
 * A statement that looks up the globals of a module once, to stand before it. In the realm that jest gives to a test file, Node
 * answers every use of a global by a call out of V8: a loop with `Math` in it takes ten times as long there as anywhere else,
 * and the reference implementations are made of such loops.
 *
 * @param ts the compiler.
 * @param source the module, parsed.
 */
export function bindGlobals(ts, source) {
  const used = new Set();
  const declared = new Set();
  const visit = (node) => {
    if (ts.isIdentifier(node) && CONSTANT.has(node.text)) used.add(node.text);
    if (node.name && ts.isIdentifier(node.name) && !ts.isPropertyAccessExpression(node))
      declared.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const names = [...used].filter((name) => !declared.has(name));
  return names.length > 0 ? `const { ${names.join(', ')} } = globalThis; ` : '';
}
