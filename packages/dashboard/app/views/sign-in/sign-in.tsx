import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type ApiProblem, asProblem } from '../../data/api.ts';
import { signIn } from '../../data/session.ts';
import { Logo } from '../../ui/icons.tsx';
import { useModal } from '../../ui/use-modal.ts';

/** The whole page, for who comes without a session. */
export function SignInPage() {
  return (
    <main class="sign-in-page" data-testid="sign-in">
      <div class="card sign-in">
        <Logo />
        <h1>Sign in to oncelog</h1>
        <SignInForm />
      </div>
    </main>
  );
}

/** Over the view, when the session has ended: what one was at stays. */
export function SignInAgain() {
  const dialog = useModal();
  const id = useId();
  return (
    <dialog
      class="dialog sign-in"
      ref={dialog}
      aria-labelledby={id}
      data-testid="sign-in"
      // there is nothing else to do
      onCancel={(event) => event.preventDefault()}
    >
      <h2 id={id}>Sign in again</h2>
      <p class="muted">Your session has ended. What you were at stays, and goes on.</p>
      <SignInForm />
    </dialog>
  );
}

function SignInForm() {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<ApiProblem>();
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => input.current?.focus(), []);

  const onSubmit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn(key.trim());
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
      input.current?.select();
    }
  };
  return (
    <form class="sign-in-form" onSubmit={(event) => void onSubmit(event)}>
      <label for={id}>API key</label>
      <input
        id={id}
        ref={input}
        type="password"
        name="api_key"
        autocomplete="current-password"
        placeholder="olk_…"
        spellcheck={false}
        required
        value={key}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <p class="sign-in-problem small" id={`${id}-problem`} role="alert" data-testid="sign-in-problem">
        {problem?.message}
      </p>
      <button type="submit" class="button primary" disabled={isBusy}>
        {isBusy ? 'Signing in …' : 'Sign in'}
      </button>
      <p class="muted small">
        An operator makes a key with <code>oncelog keys create --scope read</code>. To replay and delete dead
        letters it needs the scope admin.
      </p>
    </form>
  );
}
