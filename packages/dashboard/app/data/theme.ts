import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED_THEME = 'oncelog.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

export const theme = signal<Theme>(storedTheme());
const systemIsDark = signal(dark.matches);

/** Whether the page is dark now. Charts draw their colours themselves and must know when those change. */
export const isDark = (): boolean =>
  theme.value === 'dark' || (theme.value === 'system' && systemIsDark.value);

/** Applies the theme and keeps it. Called once, before anything is drawn. */
export function startTheme(): void {
  dark.addEventListener('change', ({ matches }) => {
    systemIsDark.value = matches;
  });
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'system') delete dataset['theme'];
    else dataset['theme'] = theme.value;
    try {
      if (theme.value === 'system') localStorage.removeItem(STORED_THEME);
      else localStorage.setItem(STORED_THEME, theme.value);
    } catch {
      // storage may be forbidden: then the theme lasts as long as the page
    }
  });
}

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
}

function storedTheme(): Theme {
  try {
    return THEMES.find((one) => one === localStorage.getItem(STORED_THEME)) ?? 'system';
  } catch {
    return 'system';
  }
}
