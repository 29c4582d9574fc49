import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/views.css';
import 'uplot/dist/uPlot.min.css';
import { effect, untracked } from '@preact/signals';
import { App } from './app.tsx';
import { seesFigures, signedOut } from './data/access.ts';
import { startLive } from './data/live.ts';
import { startRouter } from './data/router.ts';
import { readSession } from './data/session.ts';
import { startTheme } from './data/theme.ts';

startTheme();
startRouter();
await readSession();
startWhenAllowed();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);

/** Figures are followed from when on somebody may see them. */
function startWhenAllowed(): void {
  let isStarted = false;
  effect(() => {
    if (isStarted || signedOut.value || !seesFigures.value) return;
    isStarted = true;
    untracked(startLive);
  });
}
