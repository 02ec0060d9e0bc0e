/* Light or dark is chosen once for the whole site: VitePress keeps the choice, and TypeDoc's settings show and change it. */
(() => {
  const KEY = 'vitepress-theme-appearance';
  const chosen = localStorage.getItem(KEY);
  const theme = chosen === 'light' || chosen === 'dark' ? chosen : 'os';
  localStorage.setItem('tsd-theme', theme);
  document.documentElement.dataset.theme = theme;
  document.addEventListener('change', ({ target }) => {
    if (target.id === 'tsd-theme') localStorage.setItem(KEY, target.value === 'os' ? 'auto' : target.value);
  });
})();
