import type { BatchReceipt, DeadLetter } from '@oncelog/event-schema';
import { useEffect, useRef, useState } from 'preact/hooks';
import { adminObstacle } from '../../data/access.ts';
import { type ApiProblem, askJson, asProblem } from '../../data/api.ts';
import { hrefOf, shareable } from '../../data/router.ts';
import { say } from '../../data/toast.ts';
import { formatBytes, formatCount } from '../../lib/format.ts';
import { routeTo } from '../../lib/url-state.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Drawer } from '../../ui/drawer.tsx';
import { Icon } from '../../ui/icons.tsx';
import { JsonView } from '../../ui/json-view.tsx';
import { Badge, CopyButton, Empty, Failure, Skeleton, Time, type Tone } from '../../ui/parts.tsx';
import { deleteLetter, replayLetter, watchBatch } from './letter-actions.ts';
import { LetterState } from './letters-table.tsx';

interface LetterDetailProps {
  readonly id: string;
  readonly onClose: () => void;
  /** It was replayed or deleted. */
  readonly onChanged: () => void;
}

/** What became of a replay. */
type Replay =
  | { readonly state: 'waiting' | 'pending' }
  | { readonly state: 'stored' | 'duplicate' | 'dead'; readonly receipt: BatchReceipt }
  | { readonly state: 'refused' | 'error'; readonly problem: ApiProblem };

/** One dead letter, whole, and what can be done with it. */
export function LetterDetail({ id, onClose, onChanged }: LetterDetailProps) {
  const { letter, problem, load } = useLetter(id);
  const [replay, setReplay] = useState<Replay>();
  const [isAsking, setAsking] = useState(false);
  const watch = useRef<AbortController>(undefined);

  const follow = async (batchId: string): Promise<void> => {
    watch.current?.abort();
    const watching = new AbortController();
    watch.current = watching;
    setReplay({ state: 'waiting' });
    try {
      const receipt = await watchBatch(batchId, watching.signal);
      if (!watching.signal.aborted) setReplay(outcomeOf(receipt));
    } catch (error) {
      if (!watching.signal.aborted) setReplay({ state: 'error', problem: asProblem(error) });
    }
  };
  const onReplay = async (): Promise<void> => {
    setReplay({ state: 'waiting' });
    try {
      const { replay_batch_id: batchId } = await replayLetter(id);
      void load();
      await follow(batchId);
    } catch (error) {
      const said = asProblem(error);
      setReplay({ state: said.status === 422 ? 'refused' : 'error', problem: said });
    }
    onChanged();
  };
  const onDelete = async (): Promise<void> => {
    setAsking(false);
    try {
      await deleteLetter(id);
      say(`Letter #${id} deleted`);
      onChanged();
      onClose();
    } catch (error) {
      say(asProblem(error).message);
    }
  };

  // a letter that was replayed earlier says at once what became of it
  const replayedIn = letter?.replay_batch_id ?? undefined;
  // once for each letter
  useEffect(() => {
    if (replayedIn !== undefined && replay === undefined) void follow(replayedIn);
  }, [replayedIn]);
  useEffect(() => {
    setReplay(undefined);
    return () => watch.current?.abort();
  }, [id]);

  const obstacle = adminObstacle.value;
  const isReplayed = letter !== undefined && letter.replayed_at !== null;
  return (
    <Drawer
      label="Dead letter"
      testId="letter-detail"
      title={`Letter #${id}`}
      subtitle={letter === undefined ? undefined : <LetterState isReplayed={isReplayed} />}
      shown={id}
      onClose={onClose}
      actions={
        letter !== undefined && (
          <>
            <button
              type="button"
              class="button primary"
              disabled={replay?.state === 'waiting' || isReplayed || obstacle !== undefined}
              title={obstacle}
              onClick={() => void onReplay()}
            >
              <Icon name="replay" size={15} />
              Replay
            </button>
            <CopyButton text={originalOf(letter)} label="Copy original" what="Original" />
            <CopyButton
              text={() => shareable(routeTo('dead-letters', { state: 'all', letter: id }))}
              label="Copy link"
              what="Link"
              icon="link"
            />
            <button
              type="button"
              class="button"
              disabled={obstacle !== undefined}
              title={obstacle}
              onClick={() => setAsking(true)}
            >
              <Icon name="trash" size={15} />
              Delete
            </button>
          </>
        )
      }
    >
      {problem !== undefined && problem.status !== 404 && (
        <Failure problem={problem} onRetry={() => void load()} />
      )}
      {problem?.status === 404 && (
        <Empty icon="search" title="There is no such letter" testId="detail-missing">
          <p class="muted">It was deleted, or the link is mistaken.</p>
        </Empty>
      )}
      {letter === undefined && problem === undefined && (
        <div class="drawer-loading" aria-busy="true">
          <Skeleton width="70%" />
          <Skeleton width="55%" />
          <Skeleton width="80%" />
        </div>
      )}
      {obstacle !== undefined && <p class="muted small">{obstacle}</p>}
      {replay !== undefined && <ReplayResult replay={replay} />}
      {letter !== undefined && <Whole letter={letter} />}
      {isAsking && (
        <Confirm
          title="Delete dead letter"
          action="Delete"
          danger
          onConfirm={() => void onDelete()}
          onCancel={() => setAsking(false)}
        >
          <p>Letter #{id} is deleted with its original. This cannot be taken back. The counts stay.</p>
        </Confirm>
      )}
    </Drawer>
  );
}

function useLetter(id: string) {
  const [letter, setLetter] = useState<DeadLetter>();
  const [problem, setProblem] = useState<ApiProblem>();
  const request = useRef<AbortController>(undefined);
  const load = async (): Promise<void> => {
    request.current?.abort();
    const asking = new AbortController();
    request.current = asking;
    try {
      const found = await askJson<DeadLetter>(`dead-letters/${id}`, { signal: asking.signal });
      setLetter(found);
      setProblem(undefined);
    } catch (error) {
      if (!asking.signal.aborted) setProblem(asProblem(error));
    }
  };
  // once for each letter
  useEffect(() => {
    setLetter(undefined);
    setProblem(undefined);
    void load();
    return () => request.current?.abort();
  }, [id]);
  return { letter: letter?.id === id ? letter : undefined, problem, load };
}

function outcomeOf(receipt: BatchReceipt | undefined): Replay {
  if (receipt === undefined) return { state: 'pending' };
  if (receipt.dead_lettered > 0) return { state: 'dead', receipt };
  return { state: receipt.unique_processed > 0 ? 'stored' : 'duplicate', receipt };
}

function ReplayResult({ replay }: { readonly replay: Replay }) {
  const { tone, word, text } = wordsOf(replay);
  return (
    <div class={`replay-result ${tone}`} data-testid="replay-result" data-state={replay.state} role="status">
      <Badge tone={tone}>{word}</Badge>
      <p class="small">{text}</p>
    </div>
  );
}

function wordsOf(replay: Replay): { readonly tone: Tone; readonly word: string; readonly text: string } {
  switch (replay.state) {
    case 'waiting':
      return { tone: 'info', word: 'Published again', text: 'Waiting until it is applied …' };
    case 'pending':
      return {
        tone: 'quiet',
        word: 'Still waiting',
        text: 'It is in the stream, behind others. It will be applied exactly once.',
      };
    case 'stored': {
      const { unique_processed: unique } = replay.receipt;
      return {
        tone: 'good',
        word: 'Stored',
        text: `${formatCount(unique)} ${unique === 1 ? 'event was' : 'events were'} stored by the replay.`,
      };
    }
    case 'duplicate':
      return {
        tone: 'quiet',
        word: 'Duplicate',
        text: 'The replay was applied, but its event was stored already: it was dropped.',
      };
    case 'dead':
      return {
        tone: 'bad',
        word: 'Refused again',
        text: 'Postgres refused it once more: it is a new dead letter.',
      };
    case 'refused': {
      const { violations, message } = replay.problem;
      const rules = violations.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ');
      return { tone: 'bad', word: 'Not replayable', text: `${message} ${rules}`.trim() };
    }
    case 'error':
      return { tone: 'bad', word: 'Failed', text: replay.problem.message };
  }
}

const originalOf = ({ original, original_base64: base64 }: DeadLetter): string => original ?? base64 ?? '';

function Whole({ letter }: { readonly letter: DeadLetter }) {
  return (
    <>
      <div class="letter-reason">
        <Badge tone="warn">{letter.code}</Badge>
        <p>{letter.reason}</p>
      </div>
      <dl class="facts rows-of-two">
        <div>
          <dt>Buried</dt>
          <dd>
            <Time at={letter.created_at} />
          </dd>
        </div>
        <div>
          <dt>Replayed</dt>
          <dd>{letter.replayed_at === null ? 'no' : <Time at={letter.replayed_at} />}</dd>
        </div>
        <div>
          <dt>Place</dt>
          <dd>
            {letter.position === null
              ? 'the whole entry'
              : `event ${formatCount(letter.position + 1)} of its batch`}
          </dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{formatCount(letter.events)}</dd>
        </div>
        <div class="whole-row">
          <dt>Batch</dt>
          <dd class="mono">{letter.batch_id}</dd>
        </div>
        <div class="whole-row">
          <dt>Stream entry</dt>
          <dd class="mono">{letter.entry_id}</dd>
        </div>
        {letter.replay_batch_id !== null && (
          <div class="whole-row">
            <dt>Replayed as batch</dt>
            <dd class="mono">{letter.replay_batch_id}</dd>
          </div>
        )}
      </dl>
      <h3>
        Original <span class="muted small">{formatBytes(letter.original_bytes)}</span>
      </h3>
      {letter.original_base64 !== undefined && <p class="muted small">It is not UTF-8: shown in Base64.</p>}
      {letter.original_sha256 !== undefined && (
        <p class="muted small">
          It was too large to keep: this is its beginning. SHA-256 of the whole:{' '}
          <span class="mono">{letter.original_sha256}</span>
        </p>
      )}
      <JsonView text={originalOf(letter)} label="Original" testId="letter-original" />
      <p class="muted small">
        <a href={hrefOf(routeTo('dead-letters', { state: 'all', code: letter.code }))}>
          All letters with the code {letter.code}
        </a>
      </p>
    </>
  );
}
