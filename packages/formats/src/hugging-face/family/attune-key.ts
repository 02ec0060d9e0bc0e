/** The key of `config.json` under which attune keeps what transformers has no word for. */
export const ATTUNE_KEY = 'attune';
