import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * What every suite has in common: workspace packages resolve to their sources, so that tests need no build;
 * results also go to reports/vitest.json, from which the totals of a whole run are summed. A suite's own
 * options replace these, its coverage options one by one.
 */
export function suite({ coverage, ...test }: NonNullable<ViteUserConfig['test']> = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: ['@oncelog/source', 'node'] },
    ssr: { resolve: { conditions: ['@oncelog/source', 'node'] } },
    test: {
      include: ['src/**/*.test.ts'],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      // a worker imports what its files share once, not once for each of them: half of the time went there
      isolate: false,
      reporters: ['default', 'json'],
      outputFile: { json: 'reports/vitest.json' },
      coverage: {
        provider: 'v8',
        include: ['src/**/*.ts'],
        exclude: ['src/**/*.test.ts', 'src/**/testing/**', 'src/index.ts', 'src/**/*main.ts'],
        reporter: ['text', 'json-summary'],
        ...coverage,
      },
      ...test,
    },
  });
}
