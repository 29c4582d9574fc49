import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import type { RequestHandler, Response } from 'express';
import { otherMethods } from '../api/bind.ts';
import { pageHeaders } from '../page-headers.ts';
import { DOCS_CSS, DOCS_JS, docsHtml } from './docs-page.ts';

const require = createRequire(import.meta.url);
const SWAGGER = require.resolve('swagger-ui-dist/package.json');
const { version } = require(SWAGGER) as { version: string };

/** What a file's address names never changes, so browsers need not ask for it again. */
const KEEP = 'public, max-age=31536000, immutable';

const ADDRESSES = {
  swaggerCss: `/docs/swagger-ui-${version}/swagger-ui.css`,
  swaggerJs: `/docs/swagger-ui-${version}/swagger-ui-bundle.js`,
  icon: `/docs/swagger-ui-${version}/favicon-32x32.png`,
  pageCss: `/docs/${digestOf(DOCS_CSS)}.css`,
  pageJs: `/docs/${digestOf(DOCS_JS)}.js`,
};
const HTML = docsHtml(ADDRESSES);

/** `GET /docs`: a page that describes the API, on which requests can be tried. */
export function docsRoute(): RequestHandler[] {
  return [
    pageHeaders(),
    (_request, response) => {
      response.set('Cache-Control', 'no-cache').type('text/html').send(HTML);
    },
  ];
}

/** The files of that page: those that it needs, and no others of Swagger UI's. */
export function docsFiles(): RequestHandler {
  const { swaggerCss, swaggerJs, icon, pageCss, pageJs } = ADDRESSES;
  const files = new Map<string, (response: Response) => void>([
    ...[swaggerCss, swaggerJs, icon].map((address) => [address, fileOf(basename(address))] as const),
    [pageCss, textOf('text/css', DOCS_CSS)],
    [pageJs, textOf('text/javascript', DOCS_JS)],
  ]);
  const setHeaders = pageHeaders();
  const others = otherMethods('GET, HEAD, OPTIONS');
  return (request, response, next) => {
    const send = files.get(request.path);
    if (send === undefined) next();
    else if (!['GET', 'HEAD'].includes(request.method)) others(request, response, next);
    else {
      response.set('Cache-Control', KEEP);
      setHeaders(request, response, () => send(response));
    }
  };
}

const fileOf = (name: string) => (response: Response) =>
  response.sendFile(name, { root: dirname(SWAGGER), cacheControl: false });

const textOf = (type: string, text: string) => (response: Response) => response.type(type).send(text);

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
