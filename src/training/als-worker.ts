import { parentPort, workerData } from 'node:worker_threads';
import { iterateAls } from './als-iterations.js';
import type { AlsPlan } from './als-plan.js';
import type { TeamMember } from './thread-team.js';

const { job, thread } = workerData as TeamMember<AlsPlan>;
iterateAls(job, thread, report => parentPort?.postMessage(report));
