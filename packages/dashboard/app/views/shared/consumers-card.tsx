import { now, nowMs } from '../../data/clock.ts';
import { members, status } from '../../data/live.ts';
import { formatAge, formatAgo, formatCount, formatDuration, UNKNOWN } from '../../lib/format.ts';
import type { Member } from '../../lib/members.ts';
import { Badge, Card, Empty, Skeleton, type Tone } from '../../ui/parts.tsx';
import { Scroller } from '../../ui/scroller.tsx';

const STATES: Record<
  Member['state'],
  { readonly word: string; readonly tone: Tone; readonly means: string }
> = {
  active: { word: 'Active', tone: 'good', means: 'It applies entries, or has a moment ago.' },
  idle: { word: 'Idle', tone: 'quiet', means: 'It waits for events.' },
  silent: {
    word: 'Silent',
    tone: 'warn',
    means: 'It was not heard of for 10 s. Its entries go to another member.',
  },
  gone: { word: 'Gone', tone: 'bad', means: 'It has left the group.' },
};
const NEW_SECONDS = 60;

/** The members of the consumer group, and how they are. */
export function ConsumersCard() {
  const listed = members.value;
  const isLoading = status.value === undefined;
  return (
    <Card title="Consumers" testId="consumers" class="consumers fixed" aside={<Summary />}>
      {!isLoading && listed?.length === 0 ? (
        <Empty icon="system" title="No consumer is running">
          <p class="muted">Events are kept in the stream until one is. npm start starts four.</p>
        </Empty>
      ) : (
        <Scroller label="Consumers, scrollable">
          <table>
            <caption class="visually-hidden">Consumers</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Pending
                </th>
                <th scope="col" class="number">
                  Idle
                </th>
                <th scope="col" class="number">
                  Started
                </th>
              </tr>
            </thead>
            <tbody>
              {isLoading && <SkeletonRows />}
              {listed?.map((member) => (
                <Row key={`${member.shard} ${member.name}`} member={member} />
              ))}
            </tbody>
          </table>
          {!isLoading && listed === null && (
            <p class="note muted">Consumers cannot be read while Redis is away.</p>
          )}
        </Scroller>
      )}
    </Card>
  );
}

function Summary() {
  const all = members.value ?? [];
  const count = all.filter(({ state }) => state !== 'gone').length;
  const shards = status.value?.stream?.shards ?? 1;
  if (count === 0) return null;
  return (
    <span class="muted small">
      {formatCount(count)} {count === 1 ? 'member' : 'members'}
      {shards > 1 && ` on ${shards} shards`}
    </span>
  );
}

function Row({ member }: { readonly member: Member }) {
  const { word, tone, means } = STATES[member.state];
  const isGone = member.state === 'gone';
  const shards = status.value?.stream?.shards ?? 1;
  return (
    <tr
      data-testid="consumer-row"
      data-name={member.name}
      data-state={member.state}
      class={isGone ? 'gone' : ''}
    >
      <th scope="row" class="name" title={member.version === null ? undefined : `Version ${member.version}`}>
        {member.name}
        {shards > 1 && <span class="muted"> · {member.shard}</span>}
      </th>
      <td title={means}>
        <Badge tone={tone}>{word}</Badge>
      </td>
      <td class="number">{isGone ? UNKNOWN : formatCount(member.pending_entries)}</td>
      <td class="number">{isGone ? leftOf(member) : formatDuration(member.idle_seconds)}</td>
      <td class="number" data-testid="consumer-started" title={member.started_at ?? undefined}>
        {isGone ? UNKNOWN : startedOf(member)}
      </td>
    </tr>
  );
}

const leftOf = ({ goneSinceMs = nowMs.value }: Member): string =>
  `left ${formatAgo(Math.max(0, nowMs.value - goneSinceMs) / 1_000)}`;

function startedOf({ started_at: startedAt, restarted }: Member): string {
  if (startedAt === null) return UNKNOWN;
  const seconds = Math.max(0, (now.value.getTime() - Date.parse(startedAt)) / 1_000);
  if (seconds >= NEW_SECONDS) return `${formatAge(seconds)} ago`;
  return `${restarted ? 'restarted' : 'started'} ${formatAgo(seconds)}`;
}

function SkeletonRows() {
  return [1, 2, 3, 4].map((row) => (
    <tr key={row}>
      {['11ch', '6ch', '2ch', '5ch', '8ch'].map((width) => (
        <td key={width}>
          <Skeleton width={width} />
        </td>
      ))}
    </tr>
  ));
}
