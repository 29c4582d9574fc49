import type { ComponentChildren } from 'preact';

interface ScrollerProps {
  /** What is in it. */
  readonly label: string;
  /** Only sideways: its height is that of its contents. */
  readonly sideways?: boolean;
  /** What is in it is being replaced. */
  readonly busy?: boolean;
  /** In pixels; as much as there is, where left out. */
  readonly height?: number;
  readonly testId?: string | undefined;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** Holds what may be larger than its place. It takes the focus, so that the keyboard scrolls it. */
export function Scroller({ label, sideways = false, busy = false, height, testId, ...rest }: ScrollerProps) {
  const { class: classes = 'scroller', children } = rest;
  return (
    <section
      class={`${classes} ${sideways ? 'sideways' : ''} ${busy ? 'busy' : ''}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      aria-label={label}
      data-testid={testId}
      style={height === undefined ? undefined : { height: `${height}px` }}
    >
      {children}
    </section>
  );
}
