import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { ApiProblem } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { copy } from '../data/toast.ts';
import { formatTime, formatUtc } from '../lib/format.ts';
import { Icon, type IconName } from './icons.tsx';
import { Scroller } from './scroller.tsx';

interface CardProps {
  readonly title: string;
  /** Beside the title, at the right. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly testId?: string;
  readonly state?: string | undefined;
}

/** A titled part of a view. */
export function Card({ title, aside, children, class: classes = '', testId, state }: CardProps) {
  const id = useId();
  return (
    <section class={`card ${classes}`} aria-labelledby={id} data-testid={testId} data-state={state}>
      <header class="card-header">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div class="card-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** A grey bar as wide as what it stands for. */
export function Skeleton({ width }: { readonly width: string }) {
  return <span class="skeleton" style={{ width }} aria-hidden="true" />;
}

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'info';
const TONE_ICONS: Record<Tone, IconName> = {
  good: 'check',
  warn: 'alert',
  bad: 'cross',
  quiet: 'clock',
  info: 'clock',
};

interface BadgeProps {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly children: ComponentChildren;
}

/** A state in a word: its sign differs too, not only its colour. */
export function Badge({ tone, icon = TONE_ICONS[tone], children }: BadgeProps) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name={icon} size={13} />
      {children}
    </span>
  );
}

/** A time in the reader's zone; in UTC, to the microsecond, on hovering. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time class="time" dateTime={at} title={formatUtc(at)}>
      {formatTime(at, now.value)}
    </time>
  );
}

interface CopyProps {
  readonly text: string | (() => string);
  /** "Copy JSON". */
  readonly label: string;
  /** "JSON", for "JSON copied". */
  readonly what: string;
  readonly icon?: IconName;
  readonly bare?: boolean;
}

export function CopyButton({ text, label, what, icon = 'copy', bare = false }: CopyProps) {
  const onClick = () => void copy(typeof text === 'string' ? text : text(), what);
  return (
    <button
      type="button"
      class={bare ? 'button icon-only ghost' : 'button'}
      onClick={onClick}
      aria-label={bare ? label : undefined}
      title={bare ? label : undefined}
    >
      <Icon name={icon} size={15} />
      {!bare && label}
    </button>
  );
}

/** A command to try, and a way to take it along. */
export function Command({
  text,
  name = 'command',
}: {
  readonly text: string;
  /** Tells it from others beside it, to those who do not see it. */
  readonly name?: string;
}) {
  return (
    <div class="command">
      <Scroller class="command-text" label={`The ${name}`}>
        <pre>
          <code>{text}</code>
        </pre>
      </Scroller>
      <CopyButton text={text} label={`Copy the ${name}`} what="Command" bare />
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly testId?: string;
}

/** Nothing is here, and what to do about it. */
export function Empty({ icon, title, children, testId }: EmptyProps) {
  return (
    <div class="empty" data-testid={testId}>
      <span class="empty-icon">
        <Icon name={icon} size={22} />
      </span>
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

interface FailureProps {
  readonly problem: ApiProblem;
  readonly onRetry?: () => void;
  readonly testId?: string;
}

/** What went wrong, in the gateway's words, and a way to try again. */
export function Failure({ problem, onRetry, testId }: FailureProps) {
  return (
    <div class="empty failure" role="alert" data-testid={testId}>
      <span class="empty-icon">
        <Icon name="alert" size={22} />
      </span>
      <p class="empty-title">{problem.title}</p>
      {problem.message !== problem.title && <p class="muted">{problem.message}</p>}
      {onRetry !== undefined && (
        <button type="button" class="button" onClick={onRetry}>
          <Icon name="replay" size={15} />
          Try again
        </button>
      )}
    </div>
  );
}
