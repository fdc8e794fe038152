import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Run, run } from './run-script.js';
import { newDirectory } from './scratch-directory.js';

/** A project that has Shortlist installed from its tarball, and nothing else. */
export interface Project {
  readonly directory: string;
  /** For the processes that are started in it. */
  readonly env: NodeJS.ProcessEnv;
  /** What is in the tarball, and its bytes. */
  readonly tarball: { readonly size: number; readonly files: readonly { readonly path: string }[] };
  /** Writes a file of the project and gives its path. */
  write(name: string, content: string): string;
  /** Runs a program in the project. */
  run(file: string, ...args: string[]): Promise<Run>;
  /** Runs `npx shortlist` in the project. */
  shortlist(...args: string[]): Promise<Run>;
}

interface Lock {
  readonly version: string;
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/**
 * Packs what was built and installs it as its users do, where hnswlib-node, which is optional, cannot be compiled. The
 * other packages have the versions of our own lock file: they come out of npm's cache once `npm ci` has put them there.
 */
export async function installPackage(): Promise<Project> {
  const directory = newDirectory();
  const env = environment();
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', directory], { env });
  const report = JSON.parse(packed.stdout) as unknown;
  const [tarball] = Object.values(report as Record<string, Project['tarball'] & { filename: string }>);

  const project: Project = {
    directory,
    env,
    tarball: tarball!,
    write(name, content) {
      const path = join(directory, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    run: (file, ...args) => run(file, args, { cwd: directory, env }),
    shortlist: (...args) => project.run('npx', 'shortlist', ...args),
  };
  const dependencies = { shortlist: `file:${tarball!.filename}` };
  project.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }));
  project.write('package-lock.json', JSON.stringify(lockOf(dependencies)));
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  const installed = await project.run('npm', 'ci', ...flags);
  if (installed.code !== 0) throw new Error(`npm ci failed:\n${installed.stderr}`);
  // Where an optional package cannot be compiled, npm leaves it out.
  rmSync(join(directory, 'node_modules/hnswlib-node'), { recursive: true });
  return project;
}

/** Ours, without what npm says of the run that the tests are part of. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== 'INIT_CWD' && !/^npm_(?!config_)/.test(name)),
  );
}

/** The lock file of the project: what ours has, but for development. */
function lockOf(dependencies: { readonly shortlist: string }): object {
  const { version, packages } = JSON.parse(readFileSync(resolve('package-lock.json'), 'utf8')) as Lock;
  const { '': own, ...others } = packages;
  const needed = Object.entries(others).filter(([, { dev, devOptional }]) => !dev && !devOptional);
  return {
    name: 'consumer',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'consumer', dependencies },
      'node_modules/shortlist': { ...own, version, resolved: dependencies.shortlist, devDependencies: undefined },
      ...Object.fromEntries(needed),
    },
  };
}
