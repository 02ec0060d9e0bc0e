const itemsOf = (pages) =>
  pages.map(({ label, page }) => ({ text: label, link: `/${page.replace(/(?:index)?\.md$/, '')}` }));

const sidebarOf = (groups) => groups.map(([text, pages]) => ({ text, items: itemsOf(pages) }));

/** Decisions are many: beside them is a list of their own, and beside other pages its first line. */
function sidebarsOf(groups) {
  const decisions = groups.find(([text]) => text === DECISIONS);
  const others = groups.filter((group) => group !== decisions);
  return {
    '/adr/': sidebarOf([decisions]),
    '/': sidebarOf([
      ...others.map(([text, pages]) =>
        text === 'Reference' ? [text, [{ label: 'API', page: 'api/index.md' }, ...pages]] : [text, pages],
      ),
      [DECISIONS, decisions[1].slice(0, 1)],
    ]),
  };
}
const DECISIONS = 'Decisions';

const playground = (text) => ({ text, link: '/playground/', target: '_self', rel: '' });

/** Labels of the English part of the site. */
export const englishTheme = (groups) => ({
  nav: [
    { text: 'Guide', link: '/overview', activeMatch: '^/(overview|guide)' },
    {
      text: 'Reference',
      link: '/reference/cli',
      activeMatch: '^/(reference|ops|errors|benchmarks|conformance)',
    },
    { text: 'API', link: '/api/' },
    playground('Playground'),
  ],
  sidebar: sidebarsOf(groups),
  outline: { level: [2, 3], label: 'On this page' },
});

/** Labels of the Chinese part of the site. */
export const chineseTheme = (groups) => ({
  nav: [
    ...(groups.length > 0
      ? [{ text: '指南', link: sidebarOf(groups)[0].items[0].link, activeMatch: '^/zh/.' }]
      : []),
    { text: '英文指南', link: '/overview' },
    { text: 'API', link: '/api/' },
    playground('在线体验'),
  ],
  sidebar: { '/zh/': sidebarOf(groups) },
  outline: { level: [2, 3], label: '本页目录' },
  docFooter: { prev: '上一页', next: '下一页' },
  darkModeSwitchLabel: '外观',
  lightModeSwitchTitle: '切换到浅色模式',
  darkModeSwitchTitle: '切换到深色模式',
  sidebarMenuLabel: '目录',
  returnToTopLabel: '回到顶部',
  langMenuLabel: '切换语言',
  skipToContentLabel: '跳到正文',
  notFound: {
    title: '页面不存在',
    quote: '这个地址没有页面。',
    linkLabel: '回到首页',
    linkText: '回到首页',
  },
});
