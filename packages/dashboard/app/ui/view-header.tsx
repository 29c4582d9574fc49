import type { ComponentChildren } from 'preact';
import { connection, silentSeconds } from '../data/live.ts';
import { formatAgo } from '../lib/format.ts';
import { Icon } from './icons.tsx';

interface ViewHeaderProps {
  readonly title: string;
  readonly children?: ComponentChildren;
  /** On narrow screens it stands below the title, in a line that is always there. */
  readonly stacked?: boolean;
}

/** The title of a view, what belongs beside it, and a notice where the figures below are old. */
export function ViewHeader({ title, children, stacked = false }: ViewHeaderProps) {
  return (
    <header class={`view-header ${stacked ? 'stacked' : ''}`}>
      <h1>{title}</h1>
      {connection.value.stale ? (
        <p class="stale-notice" data-testid="stale-notice">
          <Icon name="alert" size={14} />
          <span>
            <span class="wide-only">Figures are old: </span>last update {formatAgo(silentSeconds.value ?? 0)}
          </span>
        </p>
      ) : (
        <div class="view-header-aside">{children}</div>
      )}
    </header>
  );
}
