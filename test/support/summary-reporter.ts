import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with one line, `N passed, N failed[, N skipped]`, that a CI system can read without knowing vitest. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = {
      passed: 0,
      failed: unhandledErrors.length,
      skipped: 0,
      pending: 0,
    };
    for (const module of modules) {
      // A module that could not even be loaded has no tests to fail, so it counts as one failure itself.
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) count[test.result().state]++;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
  }
}
