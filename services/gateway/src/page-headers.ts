import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * The security headers of pages for browsers: nothing from elsewhere, nothing inline, no frames. They talk to this
 * gateway alone.
 */
export function pageHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // for whoever terminates TLS to say
    strictTransportSecurity: false,
    // without TLS and not on localhost, browsers ignore these two and complain of them
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
}
