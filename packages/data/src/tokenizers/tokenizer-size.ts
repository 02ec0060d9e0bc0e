/** The largest `tokenizer.json` there are have some 30 MB. */
export const MAX_TOKENIZER_BYTES = 2 ** 28;
