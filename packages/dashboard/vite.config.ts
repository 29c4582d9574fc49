import { defineConfig, type Plugin } from 'vite';

/**
 * The page is served at `/` and at `/dashboard`, its files under `/dashboard/assets/`: seen from both pages they are in
 * `./dashboard/assets/`, whatever prefix a proxy puts before it. And nothing is painted before the script has run, since it
 * knows the theme.
 */
function servedBelowDashboard(): Plugin {
  return {
    name: 'served-below-dashboard',
    enforce: 'post',
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html
          .replaceAll('"./assets/', '"./dashboard/assets/')
          .replace('<script type="module" crossorigin', '<script type="module" blocking="render"')
          .replace('<link rel="stylesheet" crossorigin', '<link rel="stylesheet"'),
    },
  };
}

export default defineConfig({
  root: 'app',
  base: './',
  publicDir: false,
  plugins: [servedBelowDashboard()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/app',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    // the page's policy takes no data: scripts, and one file of each kind is all there is
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
});
