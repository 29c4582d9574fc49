import { useEffect, useState } from 'preact/hooks';
import { type ApiProblem, ask, asProblem } from '../../data/api.ts';
import { hrefOf, shareable } from '../../data/router.ts';
import { prettyText } from '../../lib/raw-json.ts';
import { readEvents, type StoredEvent } from '../../lib/stored-event.ts';
import { routeTo } from '../../lib/url-state.ts';
import { Drawer } from '../../ui/drawer.tsx';
import { JsonView } from '../../ui/json-view.tsx';
import { CopyButton, Empty, Failure, Skeleton, Time } from '../../ui/parts.tsx';

interface EventDetailProps {
  readonly topic: string;
  readonly id: string;
  /** The event, where the list has it; else it is fetched: a shared link shows it too. */
  readonly listed: StoredEvent | undefined;
  readonly onClose: () => void;
}

/** One event, whole. */
export function EventDetail({ topic, id, listed, onClose }: EventDetailProps) {
  const { event, problem, isMissing, retry } = useEvent({ topic, id }, listed);
  return (
    <Drawer
      label="Event detail"
      testId="event-detail"
      title={id}
      shown={`${topic} ${id}`}
      onClose={onClose}
      actions={
        event !== undefined && (
          <>
            <CopyButton text={() => prettyText(event.raw)} label="Copy JSON" what="JSON" />
            <CopyButton
              text={() => shareable(routeTo('events', { show_topic: topic, show_id: id }))}
              label="Copy link"
              what="Link"
              icon="link"
            />
          </>
        )
      }
    >
      {event !== undefined && <Whole event={event} />}
      {event === undefined && problem !== undefined && <Failure problem={problem} onRetry={retry} />}
      {event === undefined && isMissing && (
        <Empty icon="search" title="There is no such event" testId="detail-missing">
          <p class="muted">It may not be applied yet, or retention has removed it.</p>
          <button type="button" class="button" onClick={retry}>
            Look again
          </button>
        </Empty>
      )}
      {event === undefined && problem === undefined && !isMissing && <Loading />}
    </Drawer>
  );
}

function useEvent(
  { topic, id }: { readonly topic: string; readonly id: string },
  listed: StoredEvent | undefined,
) {
  const [found, setFound] = useState<StoredEvent>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [isMissing, setMissing] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const isListed = listed !== undefined;
  // another attempt asks again
  useEffect(() => {
    setProblem(undefined);
    setMissing(false);
    if (isListed) return;
    const request = new AbortController();
    const query = new URLSearchParams({ topic, event_id: id, limit: '1' });
    ask(`events?${query}`, { signal: request.signal })
      .then(async (response) => {
        const [event] = readEvents(await response.text());
        setFound(event);
        setMissing(event === undefined);
      })
      .catch((error: unknown) => {
        if (!request.signal.aborted) setProblem(asProblem(error));
      });
    return () => request.abort();
  }, [topic, id, isListed, attempt]);

  const isSame = found !== undefined && found.topic === topic && found.eventId === id;
  return {
    event: listed ?? (isSame ? found : undefined),
    problem,
    isMissing,
    retry: () => setAttempt(attempt + 1),
  };
}

function Whole({ event }: { readonly event: StoredEvent }) {
  return (
    <>
      <dl class="facts rows-of-two">
        <div>
          <dt>Topic</dt>
          <dd>
            <a href={hrefOf(routeTo('events', { topic: event.topic }))}>{event.topic}</a>
          </dd>
        </div>
        <div>
          <dt>Source</dt>
          <dd>
            <a href={hrefOf(routeTo('events', { source: event.source }))}>{event.source}</a>
          </dd>
        </div>
        <div>
          <dt>Event time</dt>
          <dd>
            <Time at={event.timestamp} />
          </dd>
        </div>
        <div>
          <dt>Stored</dt>
          <dd>
            <Time at={event.processedAt} />
          </dd>
        </div>
      </dl>
      <h3>Event</h3>
      <JsonView text={event.raw} label="Event as JSON" testId="event-json" />
    </>
  );
}

function Loading() {
  return (
    <div class="drawer-loading" aria-busy="true">
      <Skeleton width="70%" />
      <Skeleton width="55%" />
      <Skeleton width="80%" />
      <Skeleton width="40%" />
    </div>
  );
}
