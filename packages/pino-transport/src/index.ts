import { createOncelogTransport } from './transport.ts';

export type { OncelogTransport, OncelogTransportOptions } from './transport.ts';

// biome-ignore lint/style/noDefaultExport: pino calls what a target exports by default
export default createOncelogTransport;
