import MiniSearch from 'minisearch';
import { wordsOf } from './words.js';

/** An entry of the API, which the index has under the page of all packages. */
const API = /\/api\/#(.+)$/;

/**
 * The index of the search dialog. VitePress can give it options alone that are data: how words are found in a query is
 * added here, and addresses of the API, which are not VitePress's pages.
 */
export default {
  loadJSON(json, options) {
    const index = MiniSearch.loadJSON(json, { ...options, tokenize: wordsOf });
    const search = index.search.bind(index);
    index.search = (query, searchOptions) =>
      search(query, searchOptions).map((result) => ({ ...result, id: result.id.replace(API, '/api/$1') }));
    return index;
  },
};
