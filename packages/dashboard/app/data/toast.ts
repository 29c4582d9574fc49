import { signal } from '@preact/signals';

const SHOWN_MS = 4_000;

/** A short result that needs no answer. */
export const toast = signal<string>('');
let hide: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  toast.value = text;
  clearTimeout(hide);
  hide = setTimeout(() => {
    toast.value = '';
  }, SHOWN_MS);
}

/** Copies a text, and says so. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied`);
  } catch {
    // over plain HTTP, except on this machine, there is no clipboard to write to
    if (copyBySelection(text)) say(`${what} copied`);
    else say('The browser does not allow copying');
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  const before = document.activeElement;
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
