import { suite } from '../../vitest.shared.ts';

// The logic that needs no browser. What is drawn is tested in a real one, in packages/system-tests.
export default suite({
  include: ['{src,app}/**/*.test.ts'],
  coverage: {
    include: ['app/lib/**/*.ts'],
    thresholds: { statements: 95, branches: 90, functions: 95, lines: 95 },
  },
});
