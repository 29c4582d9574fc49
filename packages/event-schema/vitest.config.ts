import { suite } from '../../vitest.shared.ts';

export default suite({
  coverage: { thresholds: { statements: 100, branches: 100, functions: 100, lines: 100 } },
});
