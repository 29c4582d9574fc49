import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/views.css';
import 'uplot/dist/uPlot.min.css';
import { App } from './app.tsx';
import { startLive } from './data/live.ts';
import { startRouter } from './data/router.ts';
import { startTheme } from './data/theme.ts';

startTheme();
startRouter();
startLive();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
