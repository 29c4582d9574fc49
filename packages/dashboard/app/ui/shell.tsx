import { seesFigures, session } from '../data/access.ts';
import { connection, silentSeconds, status } from '../data/live.ts';
import { hrefOf, view } from '../data/router.ts';
import { signOut } from '../data/session.ts';
import { nextTheme, THEMES, theme } from '../data/theme.ts';
import type { FeedState } from '../lib/connection-state.ts';
import { formatAgo, formatCount, formatShortCount } from '../lib/format.ts';
import { routeTo, type View } from '../lib/url-state.ts';
import { Icon, type IconName, Logo } from './icons.tsx';

const LINKS: readonly { readonly view: View; readonly label: string; readonly icon: IconName }[] = [
  { view: 'overview', label: 'Overview', icon: 'overview' },
  { view: 'events', label: 'Events', icon: 'events' },
  { view: 'dead-letters', label: 'Dead letters', icon: 'letters' },
  { view: 'system', label: 'System', icon: 'system' },
];

/** What is around every view: where one is, where one can go, and whether what one sees is current. */
export function Shell() {
  return (
    <header class="shell">
      <a class="skip-link" href="#content">
        Skip to content
      </a>
      <a class="brand" href={hrefOf(routeTo('overview'))} aria-label="oncelog, overview">
        <Logo />
        <span>oncelog</span>
      </a>
      <nav aria-label="Views">
        <ul>
          {LINKS.map((link) => (
            <li key={link.view}>
              <a
                href={hrefOf(routeTo(link.view))}
                aria-current={view.value === link.view ? 'page' : undefined}
                class="nav-link"
              >
                <Icon name={link.icon} />
                <span>{link.label}</span>
                {link.view === 'dead-letters' && <OpenLetters />}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="shell-foot">
        <Who />
        {seesFigures.value && <Connection />}
        <ThemeButton />
      </div>
    </header>
  );
}

const openLetters = (): number => status.value?.dead_letters_open ?? 0;

function OpenLetters() {
  const open = openLetters();
  if (open === 0) return null;
  return (
    <span class="nav-count" title={`${formatCount(open)} open`}>
      {formatShortCount(open)}
    </span>
  );
}

const STATES: Record<FeedState, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  stale: 'Stale',
  paused: 'Paused',
};

function Connection() {
  const { state, stale } = connection.value;
  return (
    <div class="connection" data-testid="connection" data-state={state}>
      <span class="connection-dot" aria-hidden="true" />
      {/* what changes every second is not announced */}
      <span role="status">{STATES[state]}</span>
      {stale && <span class="connection-age">last update {formatAgo(silentSeconds.value ?? 0)}</span>}
    </div>
  );
}

/** Who is signed in; nothing where nobody is asked. */
function Who() {
  const { anonymous = true, id, name, scopes = [] } = session.value ?? {};
  if (anonymous) return null;
  return (
    <div class="who" data-testid="who">
      <Icon name="key" size={14} />
      <span class="who-name" title={`Key ${id}, may ${scopes.join(', ')}`}>
        {name ?? id}
      </span>
      <button
        type="button"
        class="button icon-only ghost"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void signOut()}
      >
        <Icon name="leave" />
      </button>
    </div>
  );
}

const THEME_ICONS = { system: 'monitor', light: 'sun', dark: 'moon' } as const;

function ThemeButton() {
  const following = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length];
  return (
    <button
      type="button"
      class="button icon-only ghost"
      aria-label={`Theme: ${theme.value}`}
      title={`Theme: ${theme.value}. Press for ${following}`}
      onClick={nextTheme}
    >
      <Icon name={THEME_ICONS[theme.value]} />
    </button>
  );
}
