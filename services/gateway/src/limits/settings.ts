import { Type } from '@sinclair/typebox';

/** Settings that bound what clients can make the gateway do. */
export const limitSettings = {
  rateLimitRequests: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 1_000_000_000,
    unit: 'requests',
    description:
      'Most requests of one client (its API key, or else its address) in a window, at all gateways together; beyond it they get 429. Not counted: `/health`. 0: no limit.',
  }),
  rateLimitWindowSeconds: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 86_400,
    unit: 's',
    description: 'How long such a window is. It begins with the first request in it.',
  }),
  rateLimitOnStoreFailure: Type.Union([Type.Literal('open'), Type.Literal('closed')], {
    default: 'open',
    description:
      'What becomes of requests that cannot be counted because Redis is away: `open` lets them through, `closed` answers 503.',
  }),
  trustProxyHops: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 10,
    unit: 'proxies',
    description:
      'Reverse proxies in front of the gateway: so many entries of `X-Forwarded-For` are believed, from the right. 0: none, the address is that of the connection.',
  }),
  corsOrigins: Type.String({
    default: '',
    pattern: String.raw`^(https?://[^\s,/]+(,https?://[^\s,/]+)*)?$`,
    form: 'origins with commas between them: `https://ops.example,http://localhost:5173`',
    description: 'Sites whose pages may use the API from a browser (CORS), beside the gateway itself.',
  }),
  maxConnections: Type.Integer({
    default: 4_096,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description: 'Most connections of clients at a time; others are closed at once.',
  }),
  maxConnectionsPerAddress: Type.Integer({
    default: 1_024,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description:
      'Most of one address, so that no single one takes all; of IPv6, of the first 56 bits. Behind a reverse proxy it is the proxy that has them.',
  }),
  headersTimeoutMs: Type.Integer({
    default: 10_000,
    minimum: 1_000,
    maximum: 120_000,
    unit: 'ms',
    description: 'The headers of a request must be there within so long, or it gets 408.',
  }),
  bodyTimeoutMs: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    unit: 'ms',
    description: 'The same of a whole body, but for lines: these have BODY_STALL_MS.',
  }),
  idleTimeoutMs: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    unit: 'ms',
    description: 'A connection with a request under way is closed when nothing moves for so long.',
  }),
  maxUnreadBytes: Type.Integer({
    default: 134_217_728,
    minimum: 1_048_576,
    maximum: 10_737_418_240,
    unit: 'bytes',
    description:
      'Answers in memory that their clients have not taken yet; beyond it the one that has waited longest is cut off.',
  }),
};
