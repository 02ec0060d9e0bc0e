/** Cases that fail, by title, and why they are left so. Each is a fault that is not fixed yet. */
export const known = {
  'rows: two hundred thousand rows: inspect':
    'Rows take time in proportion, about 60 µs each: fifty thousand are five seconds.',
  'texts: a word of 5 MB: prepare with a tokenizer':
    'A word without a border is tokenized in one piece, about 160 bytes of memory a letter.',
};
