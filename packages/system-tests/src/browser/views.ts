/** Each view of the dashboard, for what is done with all of them. */
export interface View {
  readonly name: string;
  /** Of its URL, which holds all its state. */
  readonly search: string;
  /** A `data-testid` that is there once it shows what was asked for. */
  readonly shown: string;
}

export interface ViewSamples {
  /** A stored event. */
  readonly topic: string;
  readonly eventId: string;
  /** Of a dead letter. */
  readonly letterId: string;
}

export function dashboardViews({ topic, eventId, letterId }: ViewSamples): View[] {
  const detail = new URLSearchParams({ show_topic: topic, show_id: eventId });
  return [
    { name: 'overview', search: '', shown: 'topic-row' },
    { name: 'overview-table', search: '?chart=table', shown: 'topic-row' },
    { name: 'events', search: '?view=events', shown: 'event-row' },
    { name: 'event', search: `?view=events&${detail}`, shown: 'event-json' },
    { name: 'events-live', search: '?view=events&live=1', shown: 'event-row' },
    { name: 'events-none', search: '?view=events&topic=none', shown: 'events-empty' },
    { name: 'events-wrong', search: '?view=events&contains=%7B', shown: 'error-contains' },
    { name: 'dead-letters', search: '?view=dead-letters', shown: 'letter-row' },
    { name: 'dead-letter', search: `?view=dead-letters&letter=${letterId}`, shown: 'letter-original' },
    { name: 'system', search: '?view=system', shown: 'consumer-row' },
  ];
}

/** Views of a system that has no event yet. */
export const emptyViews: readonly View[] = [
  { name: 'empty-overview', search: '', shown: 'empty-topics' },
  { name: 'empty-events', search: '?view=events', shown: 'store-empty' },
  { name: 'empty-dead-letters', search: '?view=dead-letters', shown: 'letters-empty' },
];

export const COLOR_SCHEMES = ['light', 'dark'] as const;

/** A phone, a laptop, a large screen; CSS pixels. */
export const VIEWPORTS = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;
