import { decodedVariants } from '../parts/decoding.js';
import { block, figure, oneLine, table } from './format.js';
import { pytorchErrors, stateOf, variantCell } from './parts-of-pages.js';

/** Says for each of PyTorch's ways that was compared whether it decodes attune's tokens. */
function comparedLines({ name, result }) {
  return Object.entries(result.compared ?? {}).map(([variant, { ties, faults }]) => {
    const of = `${name}: of attune's ${result.tokens.length} tokens, PyTorch ${variant}`;
    if (faults.length > 0) return `- ${of} decodes **${faults.length} otherwise**`;
    return `- ${of} decodes all${ties.length > 0 ? `, but for ${ties.length} of equal logits` : ''}`;
  });
}

const graphLines = ({ name, result }) =>
  Object.entries(result.pytorch ?? {})
    .filter(([, { graphsSkipped }]) => graphsSkipped > 0)
    .map(([variant]) => `- ${name}: PyTorch ${variant} ran without CUDA graphs, which it was to use`);

/** The section of a report on decoding, as Markdown. */
export function decodingSection(parts) {
  const timed = parts.filter(({ result }) => result?.prefillTokensPerSecond !== undefined);
  if (timed.length === 0) return [];
  const rows = timed.map((part) => {
    const { model, promptLength, prefillTokensPerSecond, tokensPerSecond, tokenMs, pytorch } = part.result;
    const cells = decodedVariants.map(({ name }) =>
      variantCell(
        pytorch?.[name],
        (one) =>
          `${figure(one.tokensPerSecond)} (**${figure(one.ratio.median)}**), prompt (${figure(one.promptRatio.median)})`,
      ),
    );
    return [
      ...[part.name, model, String(promptLength), figure(prefillTokensPerSecond), figure(tokensPerSecond)],
      ...[figure(tokenMs?.median), ...cells, stateOf(part)],
    ];
  });
  const lines = timed.flatMap((part) => [...comparedLines(part), ...graphLines(part)]);
  const faults = timed.flatMap(({ result }) =>
    (result.failed ?? []).map(({ name, reason }) => `**${oneLine(name)}**\n\n${block(reason)}`),
  );
  return [
    '## Decoding of one text, greedy',
    "Tokens a second, of medians. In brackets attune's time divided by PyTorch's of the same rounds, for a token and for the prompt: above 1, attune is slower. PyTorch keeps its cache in place; its bf16 is that of weights and cache, attune's are f32.",
    table(
      [
        ...['part', 'model', 'prompt', 'prompt, tokens/s', 'tokens/s', 'ms a token'],
        ...decodedVariants.map(({ name }) => `PyTorch ${name}`),
        'state',
      ],
      rows,
    ),
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...faults,
    ...timed.flatMap(pytorchErrors),
  ];
}
