import { ATTACKS, type AttackTask, type Replies } from './attacks.js';

// One attack of `load-test --hostile`, in a process of its own, so that it takes no time from the client beside it. It
// ends when its parent says so, or is gone, and tells then what was answered.

process.once('message', (task: AttackTask) => {
  const replies: Replies = {};
  ATTACKS[task.name].begin(task, replies);
  process.once('message', () => process.send?.(replies, () => process.exit()));
});
process.once('disconnect', () => process.exit());
