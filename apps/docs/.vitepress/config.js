import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { readContents } from '../build/pages.js';
import { policyTag } from '../build/policy.js';
import { accessibleSearch } from '../build/accessible-search.js';
import { githubSlug, plainMarkdown } from '../build/markdown.js';
import { splitPage } from '../build/search-index.js';
import { chineseTheme, englishTheme } from './labels.js';

const contents = readContents();
const base = process.env.ATTUNE_DOCS_BASE ?? '/';
const own = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Vite's plugin that gives the search dialog words of Chinese: see `search.js`. */
const searchWords = {
  name: 'search-words',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id === 'minisearch' && importer?.includes('VPLocalSearchBox')) return own('theme/search.js');
  },
};

export default defineConfig({
  title: 'attune',
  description: 'Pretrain, fine-tune and run language models in TypeScript, on any device.',
  base,
  srcDir: '.stage',
  outDir: process.env.ATTUNE_DOCS_OUT ?? 'dist',
  head: [
    ['link', { rel: 'icon', href: `${base}favicon.svg`, type: 'image/svg+xml' }],
    ['meta', { name: 'referrer', content: 'no-referrer' }],
  ],
  locales: {
    root: { label: 'English', lang: 'en', themeConfig: englishTheme(contents.english) },
    zh: { label: '简体中文', lang: 'zh-Hans', themeConfig: chineseTheme(contents.chinese) },
  },
  markdown: {
    html: false,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    attrs: { disable: true },
    anchor: { slugify: githubSlug },
    config: plainMarkdown,
  },
  // Pages that VitePress does not make; `build/check-links.js` checks links to them, too.
  ignoreDeadLinks: [/^\/api\/./, /^\/playground\//],
  metaChunk: true,
  transformHtml: (html) => html.replace('<head>', () => `<head>${policyTag(html)}`),
  vite: {
    plugins: [accessibleSearch, searchWords],
    build: { chunkSizeWarningLimit: Infinity, reportCompressedSize: false },
  },
  themeConfig: {
    i18nRouting: false,
    externalLinkIcon: true,
    search: {
      provider: 'local',
      options: {
        detailedView: false,
        miniSearch: { _splitIntoSections: splitPage },
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
              modal: {
                displayDetails: '显示详细列表',
                resetButtonTitle: '清除查询',
                backButtonTitle: '关闭搜索',
                noResultsText: '没有结果：',
                footer: {
                  selectText: '打开',
                  selectKeyAriaLabel: '回车',
                  navigateText: '切换',
                  navigateUpKeyAriaLabel: '上箭头',
                  navigateDownKeyAriaLabel: '下箭头',
                  closeText: '关闭',
                  closeKeyAriaLabel: 'Esc',
                },
              },
            },
          },
        },
      },
    },
  },
});
