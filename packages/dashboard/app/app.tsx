import type { ComponentType } from 'preact';
import { mayRead, seesFigures, session, signedOut } from './data/access.ts';
import { connection } from './data/live.ts';
import { view } from './data/router.ts';
import { toast } from './data/toast.ts';
import type { View } from './lib/url-state.ts';
import { Shell } from './ui/shell.tsx';
import { DeadLettersView } from './views/dead-letters/dead-letters-view.tsx';
import { EventsView } from './views/events/events-view.tsx';
import { OverviewView } from './views/overview/overview-view.tsx';
import { NotAllowed } from './views/sign-in/not-allowed.tsx';
import { SignInAgain, SignInPage } from './views/sign-in/sign-in.tsx';
import { SystemView } from './views/system/system-view.tsx';

const VIEWS: Record<View, ComponentType> = {
  overview: OverviewView,
  events: EventsView,
  'dead-letters': DeadLettersView,
  system: SystemView,
};

/** The whole page. */
export function App() {
  if (signedOut.value && session.value === undefined) return <SignInPage />;
  const isAllowed = view.value === 'events' ? mayRead() : seesFigures.value;
  const Shown = isAllowed ? VIEWS[view.value] : NotAllowed;
  return (
    <>
      <Shell />
      <main id="content" tabIndex={-1} data-stale={String(connection.value.stale)}>
        <Shown />
      </main>
      {signedOut.value && <SignInAgain />}
      <div class="toasts" role="status" data-testid="toast">
        {toast.value !== '' && <p class="toast">{toast.value}</p>}
      </div>
    </>
  );
}
