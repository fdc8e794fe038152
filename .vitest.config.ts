import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [rerunAfterAnyChange()],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/support/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/support/summary-reporter.ts'],
    pool: 'forks',
    allowOnly: false,
    coverage: { include: ['src/**/*.ts'], exclude: ['src/base/kernels/assembly'], reporter: ['text-summary', 'html'] },
  },
});

/**
 * Tests are run again when a file changes that they import. One that none imports (the program of a thread, a command,
 * a kernel) may matter to any of them, so all that are watched are run again.
 */
function rerunAfterAnyChange(): Plugin {
  return {
    name: 'rerun-after-any-change',
    configureVitest({ vitest }) {
      const isImported = (file: string) =>
        Object.values(vitest.vite.environments).some(({ moduleGraph }) => moduleGraph.getModulesByFile(file)?.size);
      vitest.config.watchTriggerPatterns = [
        {
          pattern: /\/(src|scripts)\/.+\.ts$/,
          testsToRun: file => (isImported(file) ? undefined : vitest.state.getFilepaths()),
        },
      ];
    },
  };
}
