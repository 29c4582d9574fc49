import { status } from '../../data/live.ts';
import { hrefOf, navigate, route } from '../../data/router.ts';
import { formatCount, formatRate } from '../../lib/format.ts';
import { arrangeTopics, firstDirection, type TopicSort } from '../../lib/topic-table.ts';
import { type OverviewRoute, routeTo } from '../../lib/url-state.ts';
import { Icon } from '../../ui/icons.tsx';
import { Card, Command, Empty, Skeleton } from '../../ui/parts.tsx';
import { Scroller } from '../../ui/scroller.tsx';
import { publishCommand } from '../shared/commands.ts';

const COLUMNS: readonly { readonly sort: TopicSort; readonly label: string }[] = [
  { sort: 'topic', label: 'Topic' },
  { sort: 'rate', label: 'Rate' },
  { sort: 'received', label: 'Received' },
  { sort: 'unique', label: 'Unique' },
  { sort: 'duplicates', label: 'Duplicates' },
];

/** Topics, what they received, and how fast. */
export function TopicsCard() {
  const shown = route.value.view === 'overview' ? route.value : routeTo('overview');
  const topics = status.value?.topics;
  const total = status.value?.topics_total ?? 0;
  const listed = arrangeTopics(topics ?? [], { text: shown.topics, sort: shown.sort, direction: shown.dir });
  return (
    <Card
      title="Topics"
      testId="topics"
      class="topics fixed"
      aside={
        topics?.length !== 0 && (
          <label class="filter">
            <Icon name="search" size={14} />
            <input
              type="search"
              aria-label="Filter topics"
              placeholder="Filter topics"
              value={shown.topics}
              onInput={(event) =>
                navigate({ ...shown, topics: event.currentTarget.value }, { replace: true })
              }
            />
          </label>
        )
      }
    >
      {topics?.length === 0 ? (
        <Empty icon="inbox" title="No event yet" testId="empty-topics">
          <p class="muted">Publish the first one:</p>
          <Command text={publishCommand()} />
        </Empty>
      ) : (
        <Scroller label="Topics, scrollable">
          <table>
            <caption class="visually-hidden">Topics</caption>
            <thead>
              <tr>
                {COLUMNS.map((column) => (
                  <SortHeader key={column.sort} column={column} shown={shown} />
                ))}
              </tr>
            </thead>
            <tbody>
              {topics === undefined && <SkeletonRows />}
              {listed.map((topic, place) => (
                // by its place: an order that changes every second moves no row
                <tr key={place} class="linked" data-testid="topic-row" data-topic={topic.topic}>
                  <th scope="row" class="name">
                    <a
                      class="row-link"
                      href={hrefOf(routeTo('events', { topic: topic.topic }))}
                      title={`Events of ${topic.topic}`}
                    >
                      {topic.topic}
                    </a>
                  </th>
                  <td class={`number ${topic.received_per_second === 0 ? 'muted' : ''}`}>
                    {formatRate(topic.received_per_second)}/s
                  </td>
                  <td class="number">{formatCount(topic.received)}</td>
                  <td class="number">{formatCount(topic.unique_processed)}</td>
                  <td class="number">{formatCount(topic.duplicate_dropped)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {topics === null && <p class="note muted">Topics cannot be read while Postgres is away.</p>}
          {topics !== undefined && topics !== null && listed.length === 0 && (
            <p class="note muted">No topic has “{shown.topics}” in its name.</p>
          )}
          {topics !== undefined && topics !== null && total > topics.length && (
            <p class="note muted">
              The {formatCount(topics.length)} busiest of {formatCount(total)} topics.
            </p>
          )}
        </Scroller>
      )}
    </Card>
  );
}

interface SortHeaderProps {
  readonly column: (typeof COLUMNS)[number];
  readonly shown: OverviewRoute;
}

function SortHeader({ column: { sort, label }, shown }: SortHeaderProps) {
  const isSorted = shown.sort === sort;
  const dir = isSorted ? (shown.dir === 'asc' ? 'desc' : 'asc') : firstDirection(sort);
  return (
    <th
      scope="col"
      class={sort === 'topic' ? '' : 'number'}
      aria-sort={isSorted ? (shown.dir === 'asc' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" class="sort" onClick={() => navigate({ ...shown, sort, dir }, { replace: true })}>
        {label}
        <span class="sort-arrow">
          {isSorted && <Icon name={shown.dir === 'asc' ? 'up' : 'down'} size={12} />}
        </span>
      </button>
    </th>
  );
}

function SkeletonRows() {
  return ['9ch', '12ch', '7ch', '11ch', '8ch', '10ch'].map((width) => (
    <tr key={width}>
      <td>
        <Skeleton width={width} />
      </td>
      {[1, 2, 3, 4].map((column) => (
        <td class="number" key={column}>
          <Skeleton width="5ch" />
        </td>
      ))}
    </tr>
  ));
}
