import type { RequestHandler } from 'express';
import { type OpenApiConfig, openApiDocument } from './openapi.ts';

/** `GET /openapi.json`: the description of the API for programs. */
export function openApiRoute(config: OpenApiConfig): RequestHandler {
  const document = JSON.stringify(openApiDocument(config));
  return (_request, response) => {
    response.type('application/json').send(document);
  };
}
