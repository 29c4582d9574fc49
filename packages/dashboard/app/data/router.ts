import { computed, signal } from '@preact/signals';
import { formatRoute, parseRoute, type Route } from '../lib/url-state.ts';

/** What is shown: the query string of the page, and nothing else. */
export const route = signal<Route>(parseRoute(window.location.search));

export const view = computed(() => route.value.view);

/** Where a link to a route points: the same page, whatever its path. */
export const hrefOf = (target: Route): string => formatRoute(target);

/** An address that shows the same to somebody else. */
export const shareable = (target: Route): string => new URL(formatRoute(target), window.location.href).href;

/** Shows a route. With `replace` the back button does not come back to what was shown before: for typing and sorting. */
export function navigate(target: Route, { replace = false } = {}): void {
  const href = formatRoute(target);
  if (href !== formatRoute(route.value)) {
    const url = href === '?' ? window.location.pathname : href;
    if (replace) window.history.replaceState(null, '', url);
    else window.history.pushState(null, '', url);
  }
  const entersView = target.view !== route.value.view;
  route.value = target;
  if (entersView) window.scrollTo({ top: 0 });
}

/** Follows the back button, and links within the page. Called once. */
export function startRouter(): void {
  window.addEventListener('popstate', () => {
    route.value = parseRoute(window.location.search);
  });
  document.addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest?.('a[href^="?"]');
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!(link instanceof HTMLAnchorElement) || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    navigate(parseRoute(new URL(link.href).search));
  });
}
