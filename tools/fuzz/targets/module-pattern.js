/** `target_modules` as a regular expression, over the names of a model's layers. */
import { matchPaths } from '@attune/formats';

const paths = ['', 'lm_head', ...['q', 'k', 'v', 'o'].flatMap((name) => [0, 1, 11].map((layer) => `model.layers.${layer}.self_attn.${name}_proj`))]; // prettier-ignore

export const target = {
  form: 'pieces',
  seeds: [
    '.*q_proj',
    String.raw`.*\.(q|v)_proj$`,
    String.raw`model\.layers\.\d+\.self_attn\.(q|k|v)_proj`,
    '^(?!.*vision).*(?:q_proj|v_proj).*$',
  ],
  pieces: ['.*', '.+', '(', ')', '(?:', '(?=', '(?!', '(?<=', '(?<!', '(?P<x>', '(?P=x)', '\\1', '|', '*', '+', '?', '*?', '++', '{2}', '{0,}', '{1,1000}', '{1000000000}', '{00000001,}', '[', ']', '[^', 'a-z', '\\d', '\\w', '\\b', '\\s', '\\p{L}', '\\u0041', '\\x41', '\\', '^', '$', '.', 'q_proj', 'model', '(.*)*', '((a+)+)+', '(?i)', '\0', '😀', '\ud800', '\u001b', '#', ' '], // prettier-ignore
  read: (pattern) => matchPaths(pattern, paths),
};
