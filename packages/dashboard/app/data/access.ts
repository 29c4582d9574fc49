import type { Scope, Session } from '@oncelog/event-schema';
import { computed, signal } from '@preact/signals';

/** Who looks; undefined until that is known. It stays while one signs in again, so that the view does. */
export const session = signal<Session>();
/** Whether the gateway wants to know who looks, before it says more. */
export const signedOut = signal(false);

/** Whether the figures of the whole system may be seen. */
export const seesFigures = computed(() => mayRead() && session.value?.topics == null);
export const mayRead = (): boolean => may('read');

const may = (scope: Scope): boolean => session.value?.scopes.includes(scope) ?? true;

/** Why the dead letters cannot be changed; undefined where they can. */
export const adminObstacle = computed(() =>
  may('admin') ? undefined : 'This key may look, not replay or delete: that needs the scope admin.',
);

/** Resolves when somebody is signed in. Rejects as `signal` does. */
export async function untilSignedIn(abort?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = signedOut.subscribe((isOut) => {
    if (!isOut) resolve();
  });
  const give = (): void => reject(abort?.reason);
  abort?.addEventListener('abort', give);
  if (abort?.aborted === true) give();
  try {
    await promise;
  } finally {
    stop();
    abort?.removeEventListener('abort', give);
  }
}
