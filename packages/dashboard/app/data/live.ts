import type { LiveStatus } from '@oncelog/event-schema';
import { batch, computed, effect, signal } from '@preact/signals';
import { type Concern, concernsOf } from '../lib/attention.ts';
import { type FeedState, shownState } from '../lib/connection-state.ts';
import { type Exactness, judge } from '../lib/exactness.ts';
import { formatRate } from '../lib/format.ts';
import { type Member, updateMembers } from '../lib/members.ts';
import { appendPoint, emptySeries, type RollingSeries } from '../lib/rolling-series.ts';
import { nowMs, startClock } from './clock.ts';
import { type Feed, openFeed } from './feed.ts';

/** How far back the charts go. */
export const CHART_SECONDS = 300;
const LIMITS = { keepSeconds: CHART_SECONDS + 5, gapSeconds: 4 };
/** A connection that has said nothing for so long, though it should every second, is given up. */
const GIVE_UP_SECONDS = 15;
const STORED_CHARTS = 'oncelog.charts';

/** The latest status; undefined before the first. */
export const status = signal<LiveStatus>();
/** The members of the group, also those that have left a moment ago; null where they cannot be read. */
export const members = signal<readonly Member[] | null>(null);
/** Rows: unique, duplicates, dead letters; events per second. */
export const throughput = signal<RollingSeries>(emptySeries(3));
/** One row: events that wait. */
export const backlog = signal<RollingSeries>(emptySeries(1));
export const exactness = signal<Exactness>();

const lastMessageMs = signal<number>();
const feed = signal<Feed>();

/** Since the last message; undefined before the first. */
export const silentSeconds = computed(() =>
  lastMessageMs.value === undefined ? undefined : Math.max(0, (nowMs.value - lastMessageMs.value) / 1_000),
);

/** What the page says of its connection. */
export const connection = computed((): { readonly state: FeedState; readonly stale: boolean } => {
  const state = feed.value?.connection.value ?? 'connecting';
  return shownState(state === 'refused' ? 'reconnecting' : state, silentSeconds.value);
});

export const concerns = computed((): readonly Concern[] | undefined =>
  status.value === undefined ? undefined : concernsOf(status.value, members.value),
);

/** Begins to follow `GET /live`. Called once. */
export function startLive(): void {
  startClock();
  restoreCharts();
  window.addEventListener('pagehide', storeCharts);
  feed.value = openFeed('live', { on: { status: (data) => take(JSON.parse(data) as LiveStatus) } });
  let reopenedMs = 0;
  effect(() => {
    const silent = silentSeconds.value ?? 0;
    if (connection.value.state !== 'stale' || silent < GIVE_UP_SECONDS) return;
    if (nowMs.value - reopenedMs < GIVE_UP_SECONDS * 1_000) return;
    reopenedMs = nowMs.value;
    feed.value?.reopen();
  });
  effect(() => {
    document.title = title();
  });
}

function take(latest: LiveStatus): void {
  const time = Date.parse(latest.at) / 1_000;
  const { rates, stream, stats, consumers } = latest;
  batch(() => {
    status.value = latest;
    lastMessageMs.value = performance.now();
    nowMs.value = performance.now();
    members.value = consumers === null ? null : updateMembers(members.value ?? [], consumers, nowMs.value);
    exactness.value = stats === null ? undefined : judge(exactness.value, stats, nowMs.value);
    if (rates !== null) {
      const values = [rates.unique, rates.duplicate, rates.dead_letter];
      throughput.value = appendPoint(throughput.value, { time, values }, LIMITS);
    }
    if (stream !== null) {
      backlog.value = appendPoint(backlog.value, { time, values: [stream.backlog_events] }, LIMITS);
    }
  });
}

function title(): string {
  switch (connection.value.state) {
    case 'live': {
      const accepted = status.value?.rates?.accepted;
      return accepted === undefined ? 'oncelog' : `${formatRate(accepted)}/s · oncelog`;
    }
    case 'connecting':
      return 'oncelog';
    case 'reconnecting':
      return 'Reconnecting · oncelog';
    case 'stale':
      return 'Stale · oncelog';
    case 'paused':
      return 'Paused · oncelog';
  }
}

interface StoredCharts {
  readonly throughput: RollingSeries;
  readonly backlog: RollingSeries;
}

/** A page that is loaded again goes on with its charts. */
function storeCharts(): void {
  const charts: StoredCharts = { throughput: throughput.value, backlog: backlog.value };
  try {
    sessionStorage.setItem(STORED_CHARTS, JSON.stringify(charts));
  } catch {
    // storage may be full or forbidden: then the charts begin anew
  }
}

/** Before a page of somebody else begins. */
export function forgetCharts(): void {
  window.removeEventListener('pagehide', storeCharts);
  sessionStorage.removeItem(STORED_CHARTS);
}

function restoreCharts(): void {
  try {
    const charts = JSON.parse(sessionStorage.getItem(STORED_CHARTS) ?? 'null') as StoredCharts | null;
    const newest = charts?.throughput.times.at(-1) ?? 0;
    if (charts === null || Date.now() / 1_000 - newest > CHART_SECONDS) return;
    if (charts.throughput.rows.length !== 3 || charts.backlog.rows.length !== 1) return;
    throughput.value = charts.throughput;
    backlog.value = charts.backlog;
  } catch {
    // what another version has left
  }
}
