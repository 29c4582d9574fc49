import type { RequestHandler } from 'express';
import { type OpenApiConfig, openApiDocument } from './openapi.ts';

/** `GET /openapi.json`: the description of the API for programs. */
export function openApiRoute(config: OpenApiConfig): RequestHandler {
  const document = Buffer.from(JSON.stringify(openApiDocument(config))); // as bytes: else it is copied for each answer
  return (_request, response) => {
    response.type('application/json').send(document);
  };
}
