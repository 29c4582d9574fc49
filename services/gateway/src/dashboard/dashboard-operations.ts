import { Type } from '@sinclair/typebox';
import { operations } from '../api/operation.ts';

/** A page, for people. */
export const PAGE_CONTENT = { 'text/html': { schema: Type.String(), example: '<!doctype html>' } };

export const DASHBOARD_OPERATIONS = operations({
  showDashboard: {
    method: 'get',
    path: '/dashboard',
    tag: 'Service',
    access: 'open',
    summary: 'The dashboard, for a browser',
    description: 'The same page is at `/` for who prefers `text/html`.',
    answers: {
      200: { description: 'The page.', content: PAGE_CONTENT },
      308: { description: 'With a slash behind it: the page is there without one.', headers: ['Location'] },
    },
    problems: ['not-found'],
  },
});
