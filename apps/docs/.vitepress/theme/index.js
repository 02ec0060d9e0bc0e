import theme from 'vitepress/theme-without-fonts';
import StartPage from './StartPage.vue';
import './style.css';

/** Pages of the site that VitePress did not make. */
const OTHERS = /^(?:api\/.|playground\/)/;

/** VitePress's own theme with the system's fonts and a start page. */
export default {
  extends: theme,
  enhanceApp({ app, router, siteData }) {
    app.component('StartPage', StartPage);
    if (import.meta.env.SSR) return;
    router.onBeforeRouteChange = (to) => {
      const { pathname, hash } = new URL(to, location.href);
      const path = pathname.slice(siteData.value.base.length);
      if (!OTHERS.test(path)) return true;
      location.href = pathname + hash;
      return false;
    };
  },
};
