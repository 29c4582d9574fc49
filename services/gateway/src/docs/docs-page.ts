/** What the page of /docs is made of, beside Swagger UI. The addresses are those that docs-route.ts serves. */
export interface DocsAddresses {
  readonly swaggerCss: string;
  readonly swaggerJs: string;
  readonly icon: string;
  readonly pageCss: string;
  readonly pageJs: string;
}

export function docsHtml({ swaggerCss, swaggerJs, icon, pageCss, pageJs }: DocsAddresses): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>oncelog API</title>
<link rel="icon" type="image/png" href="${icon}">
<link rel="stylesheet" href="${swaggerCss}">
<link rel="stylesheet" href="${pageCss}">
<script src="${swaggerJs}" defer></script>
<script src="${pageJs}" defer></script>
</head>
<body>
<header><a href="/dashboard">Dashboard</a> <a href="/openapi.json">openapi.json</a></header>
<main id="api"><noscript>This page needs JavaScript. The same for programs: <a href="/openapi.json">/openapi.json</a></noscript></main>
</body>
</html>
`;
}

/** Swagger UI has dark colours, for pages that ask for them by a class. */
export const DOCS_JS = `'use strict';
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
follow();
dark.addEventListener('change', follow);
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});
`;

export const DOCS_CSS = `body { margin: 0; }
@media (prefers-color-scheme: dark) { body { background: #1c2022; } }
header { display: flex; gap: 16px; justify-content: flex-end; padding: 12px 20px; font: 14px/1.4 system-ui, sans-serif; }
header a { color: #2455b8; }
.dark-mode header a { color: #8ab4f8; }
.dark-mode .swagger-ui table.headers td { color: #e4e6e6; }
.swagger-ui .info { margin: 8px 0 24px; }
.swagger-ui .response-col_links { display: none; }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .opblock-body, .swagger-ui .responses-inner { overflow-x: auto; }
}
`;
