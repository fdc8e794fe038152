import { parentPort, workerData } from 'node:worker_threads';
import type { TeamMember } from '../../base/threads/team.js';
import { iterateAls } from './als-iterations.js';
import type { AlsPlan } from './als-plan.js';

const { job, thread } = workerData as TeamMember<AlsPlan>;
iterateAls(job, thread, report => parentPort?.postMessage(report));
