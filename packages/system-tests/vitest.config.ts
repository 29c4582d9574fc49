import { suite } from '../../vitest.shared.ts';

/** Each file breaks a system of its own: it leaves nothing to the next one. */
export default suite({ isolate: true });
