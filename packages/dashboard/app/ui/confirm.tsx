import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { useModal } from './use-modal.ts';

interface ConfirmProps {
  readonly title: string;
  readonly action: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, action, danger = false, onConfirm, onCancel, children }: ConfirmProps) {
  const dialog = useModal();
  const id = useId();
  return (
    <dialog class="dialog" ref={dialog} aria-labelledby={id} onCancel={onCancel} onClose={onCancel}>
      <h2 id={id}>{title}</h2>
      <div class="dialog-body">{children}</div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" class={`button ${danger ? 'danger' : 'primary'}`} onClick={onConfirm}>
          {action}
        </button>
      </div>
    </dialog>
  );
}
