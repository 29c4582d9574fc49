import type { LiveTopic } from '@oncelog/event-schema';

export const TOPIC_SORTS = ['topic', 'rate', 'received', 'unique', 'duplicates'] as const;
export type TopicSort = (typeof TOPIC_SORTS)[number];
export type Direction = 'asc' | 'desc';

const VALUES: Record<Exclude<TopicSort, 'topic'>, (row: LiveTopic) => number> = {
  rate: (row) => row.received_per_second,
  received: (row) => row.received,
  unique: (row) => row.unique_processed,
  duplicates: (row) => row.duplicate_dropped,
};

/** The topics whose name has the text, sorted; the name decides where the figures are equal, so that rows keep still. */
export function arrangeTopics(
  topics: readonly LiveTopic[],
  {
    text,
    sort,
    direction,
  }: { readonly text: string; readonly sort: TopicSort; readonly direction: Direction },
): LiveTopic[] {
  const wanted = text.trim().toLowerCase();
  const sign = direction === 'asc' ? 1 : -1;
  const byName = (a: LiveTopic, b: LiveTopic): number => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0);
  const compare =
    sort === 'topic'
      ? (a: LiveTopic, b: LiveTopic) => sign * byName(a, b)
      : (a: LiveTopic, b: LiveTopic) => sign * (VALUES[sort](a) - VALUES[sort](b)) || byName(a, b);
  return topics.filter(({ topic }) => topic.toLowerCase().includes(wanted)).sort(compare);
}

/** A new column begins with what is most of interest: the largest first, names from A. */
export const firstDirection = (sort: TopicSort): Direction => (sort === 'topic' ? 'asc' : 'desc');
