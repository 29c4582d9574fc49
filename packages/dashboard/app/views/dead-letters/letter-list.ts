import type { DeadLetterSummary } from '@oncelog/event-schema';
import { batch, signal } from '@preact/signals';
import { type ApiProblem, ask, asProblem } from '../../data/api.ts';
import { nextOf } from '../../lib/link-header.ts';
import type { DeadLettersRoute } from '../../lib/url-state.ts';

const PAGE = 50;

export type LetterFilter = Pick<DeadLettersRoute, 'state' | 'code'>;
export type LetterList = ReturnType<typeof createLetterList>;

/** A filter as a query: of state and code, those that are set. */
export function letterQuery({ state, code }: LetterFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (state !== 'all') query.set('state', state);
  if (code !== '') query.set('code', code);
  return query;
}

/** The dead letters of the page. */
export function createLetterList() {
  const letters = signal<readonly DeadLetterSummary[]>([]);
  const phase = signal<'loading' | 'ready' | 'error'>('loading');
  const problem = signal<ApiProblem>();
  const next = signal<string>();
  const loadingMore = signal(false);
  let filter: LetterFilter | undefined;
  let request = new AbortController();

  const page = async (path: string, aborted: AbortSignal): Promise<DeadLetterSummary[]> => {
    const response = await ask(path, { signal: aborted });
    const found = (await response.json()) as DeadLetterSummary[];
    if (!aborted.aborted) next.value = nextOf(response.headers.get('link'));
    return found;
  };

  const load = async (wanted: LetterFilter): Promise<void> => {
    filter = wanted;
    request.abort();
    request = new AbortController();
    const { signal: aborted } = request;
    phase.value = 'loading';
    problem.value = undefined;
    const query = letterQuery(wanted);
    query.set('limit', String(PAGE));
    try {
      const found = await page(`dead-letters?${query}`, aborted);
      if (aborted.aborted) return;
      batch(() => {
        letters.value = found;
        phase.value = 'ready';
      });
    } catch (error) {
      if (aborted.aborted) return;
      batch(() => {
        letters.value = [];
        next.value = undefined;
        problem.value = asProblem(error);
        phase.value = 'error';
      });
    }
  };

  return {
    letters,
    phase,
    problem,
    next,
    loadingMore,
    load,
    reload: async (): Promise<void> => {
      if (filter !== undefined) await load(filter);
    },
    async more(): Promise<void> {
      const target = next.value;
      if (target === undefined || loadingMore.value) return;
      loadingMore.value = true;
      const { signal: aborted } = request;
      try {
        const found = await page(target, aborted);
        letters.value = [...letters.value, ...found];
      } catch (error) {
        if (!aborted.aborted) problem.value = asProblem(error);
      } finally {
        loadingMore.value = false;
      }
    },
    close: () => request.abort(),
  };
}
