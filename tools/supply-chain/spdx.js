/**
 * True if an SPDX licence expression can be met by licences of a list: of alternatives (OR) one, of several at once (AND)
 * each. What is no expression is not met.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function isMetBy(expression, list) {
  const tokens = String(expression ?? '').match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const any = () => {
    let met = all();
    while (tokens[at] === 'OR') {
      at++;
      met = all() || met;
    }
    return met;
  };
  const all = () => {
    let met = one();
    while (tokens[at] === 'AND') {
      at++;
      met = one() && met;
    }
    return met;
  };
  const one = () => {
    const token = tokens[at++];
    if (token === '(') {
      const met = any();
      return tokens[at++] === ')' && met;
    }
    // An exception (WITH) permits more: the licence alone counts.
    if (tokens[at] === 'WITH') at += 2;
    return list.includes(token);
  };
  return any() && at === tokens.length;
}
