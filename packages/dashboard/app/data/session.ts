import type { Session } from '@oncelog/event-schema';
import { batch } from '@preact/signals';
import { session, signedOut } from './access.ts';
import { askOnce, asProblem } from './api.ts';
import { forgetCharts } from './live.ts';

/** Asks who looks. Where the gateway does not answer, the page goes on, and says so itself. */
export async function readSession(): Promise<void> {
  try {
    session.value = (await (await askOnce('session')).json()) as Session;
  } catch (error) {
    if (asProblem(error).status === 401) signedOut.value = true;
  }
}

/**
 * The browser gets a cookie, which no script sees. What has waited for it goes on.
 *
 * @throws {ApiProblem}
 */
export async function signIn(key: string): Promise<void> {
  const answer = await askOnce('session', { method: 'POST', body: { api_key: key } });
  const found = (await answer.json()) as Session;
  if (session.value !== undefined && session.value.id !== found.id) {
    // somebody else: what waits was asked for by another, and what is shown is his
    forgetCharts();
    window.location.reload();
    return;
  }
  batch(() => {
    session.value = found;
    signedOut.value = false;
  });
}

/** Begins anew, so that nothing stays of what was seen. The address stays. */
export async function signOut(): Promise<void> {
  await askOnce('session', { method: 'DELETE' });
  forgetCharts();
  window.location.reload();
}
