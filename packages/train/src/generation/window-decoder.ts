import { checkTexts, contextOf, type Decoder, type DecoderOptions } from './decoder.js';
import { rowsOf, windowFeeds, windowProgram } from './logits-programs.js';

/** A {@link Decoder} that computes the whole window again for every token, as nanoGPT does, and keeps nothing. */
export async function createWindowDecoder(options: DecoderOptions): Promise<Decoder> {
  const { backend, model, state, rows = 1 } = options;
  const length = contextOf(options);
  const program = await backend.compile(windowProgram(model, rows, length), state);
  return {
    rows,
    contextLength: length,
    async next(texts) {
      checkTexts(texts, rows);
      const sequences = texts.map(({ tokens }) => tokens);
      return rowsOf(await program.run(windowFeeds(sequences, { rows, length }))).slice(0, texts.length);
    },
    forget: () => undefined,
    dispose: () => program.dispose(),
  };
}
