import { mayRead, session } from '../../data/access.ts';
import { hrefOf } from '../../data/router.ts';
import { signOut } from '../../data/session.ts';
import { routeTo } from '../../lib/url-state.ts';
import { Empty } from '../../ui/parts.tsx';

/** In the place of a view that the key has no right to. */
export function NotAllowed() {
  const topics = session.value?.topics ?? [];
  return (
    <div class="page">
      <section class="card" aria-label="Not allowed">
        {mayRead() ? (
          <Empty icon="key" title="This key sees some topics only" testId="not-allowed">
            <p class="muted">
              The figures speak of all topics. It may look for events of topics that begin with{' '}
              {topics.join(' or ')}.
            </p>
            <a class="button" href={hrefOf(routeTo('events', { topic: topics[0] ?? '' }))}>
              Look for events
            </a>
          </Empty>
        ) : (
          <Empty icon="key" title="This key may not read" testId="not-allowed">
            <p class="muted">
              It was made to publish. To look at something, sign in with a key that has the scope read.
            </p>
            <button type="button" class="button" onClick={() => void signOut()}>
              Sign in with another key
            </button>
          </Empty>
        )}
      </section>
    </div>
  );
}
