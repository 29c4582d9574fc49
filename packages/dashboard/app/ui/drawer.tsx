import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { Scroller } from './scroller.tsx';

interface DrawerProps {
  readonly label: string;
  readonly title: ComponentChildren;
  readonly subtitle?: ComponentChildren;
  /** Changes when something else is shown: the focus goes to the panel then. */
  readonly shown: string;
  readonly onClose: () => void;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly testId: string;
}

/** Where it covers everything else, which then takes no part. */
const COVERS = '(max-width: 720px)';

function othersThan(panel: HTMLElement | null): HTMLElement[] {
  const beside = [...(panel?.parentElement?.children ?? [])].filter((element) => element !== panel);
  return [document.querySelector('.shell'), ...beside].filter((element) => element instanceof HTMLElement);
}

/**
 * Details beside a list: the list stays in use, except on narrow screens, which it covers. It takes the focus when it opens;
 * Escape closes it and gives the focus back to what had it.
 */
export function Drawer({ label, title, subtitle, shown, onClose, actions, children, testId }: DrawerProps) {
  const panel = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef<Element | null>(null);
  // the focus moves when something else is shown
  useEffect(() => {
    if (!panel.current?.contains(document.activeElement)) opener.current = document.activeElement;
    heading.current?.focus({ preventScroll: true });
  }, [shown]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) onClose();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);

  useEffect(() => {
    const narrow = window.matchMedia(COVERS);
    const others = othersThan(panel.current);
    const cover = () => {
      for (const element of others) element.inert = narrow.matches;
    };
    cover();
    narrow.addEventListener('change', cover);
    return () => {
      narrow.removeEventListener('change', cover);
      for (const element of others) element.inert = false;
    };
  }, []);

  useEffect(
    () => () => {
      if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
    },
    [],
  );

  return (
    <section class="drawer" aria-label={label} data-testid={testId} ref={panel}>
      <header class="drawer-header">
        <div class="drawer-title">
          <h2 tabIndex={-1} ref={heading}>
            {title}
          </h2>
          {subtitle !== undefined && <p class="muted small">{subtitle}</p>}
        </div>
        <button
          type="button"
          class="button icon-only ghost"
          aria-label="Close"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Icon name="cross" />
        </button>
      </header>
      <Scroller class="drawer-body" label={`${label}: contents`}>
        {children}
      </Scroller>
      {actions !== undefined && <footer class="drawer-actions">{actions}</footer>}
    </section>
  );
}
