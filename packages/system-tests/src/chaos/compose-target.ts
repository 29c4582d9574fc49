import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Container, docker } from '../../compose/docker.ts';
import { type ComposeSystem, logsOf, SERVICES, startComposeSystem } from './compose-system.ts';
import { mishapsIn } from './mishaps.ts';
import type { Component, Fault } from './schedule.ts';
import type { FaultOutcome, Target } from './target.ts';

const DONE: FaultOutcome = { outcome: 'done' };
const missed = (why: string): FaultOutcome => ({ outcome: 'missed', why });
const OURS = /^(gateway|consumer-\d+)$/;
/** Those of the services; psql's own is none. */
const BACKENDS = `FROM pg_stat_activity WHERE application_name LIKE 'oncelog-%'`;

/**
 * The system as containers: `docker kill` and `start`, `docker pause` and `unpause`, `docker network disconnect` and
 * `connect`. A stall of a link is a cut here.
 */
export async function openComposeTarget({ consumers }: { consumers: number }): Promise<Target> {
  const system = await startComposeSystem({ consumers });
  const closing = new AbortController();
  const strays: string[] = [];
  return {
    url: system.url,
    logs: system.logs,
    inflict: (fault) => inflict(system, fault, { signal: closing.signal, strays }),
    query: (sql) => system.psql(sql),
    mishaps: async () => [...(await mishapsOfServices(system)), ...strays],
    async close({ keep }) {
      closing.abort();
      await system.remove();
      if (!keep) rmSync(dirname(system.logs), { recursive: true, force: true });
    },
  };
}

interface Course {
  readonly signal: AbortSignal;
  /** Mishaps of strays, whose containers are removed. */
  readonly strays: string[];
}

async function inflict(system: ComposeSystem, fault: Fault, course: Course): Promise<FaultOutcome> {
  const { component, action, forMs } = fault;
  if (component === 'stray') return runStray(system, fault, course);
  const name = component.replace('link-', '');
  const id = system.containers.get(name) ?? '';
  const network = system.networkOf(name);
  const wait = () => delay(forMs, undefined, { signal: course.signal });
  switch (action) {
    case 'kill':
      await docker(['kill', id]);
      await wait();
      await docker(['start', id]);
      return DONE;
    case 'freeze':
      if (!(await pause(id))) return missed('its processes could not be frozen');
      await wait();
      await docker(['unpause', id]);
      return DONE;
    case 'cut':
    case 'stall':
      await docker(['network', 'disconnect', '--force', network, id]);
      await wait();
      await docker(['network', 'connect', ...alias(component), network, id]);
      return DONE;
    default:
      return hitBackends(system, fault, id);
  }
}

/** The runtime gives up where the kernel takes too long to freeze all processes, and lets them go on. */
async function pause(id: string): Promise<boolean> {
  try {
    await docker(['pause', id]);
    return true;
  } catch (error) {
    if (/unable to freeze/.test((error as Error).message)) return false;
    throw error;
  }
}

/** The name by which the others find it, which a disconnected container loses. */
function alias(component: Component): string[] {
  const name = component.replace('link-', '') as keyof typeof SERVICES;
  return ['--alias', SERVICES[name]];
}

async function hitBackends(system: ComposeSystem, { action }: Fault, id: string): Promise<FaultOutcome> {
  try {
    if (action === 'terminate') {
      const count = await system.psql(`SELECT count(pg_terminate_backend(pid)) ${BACKENDS}`);
      return Number(count) > 0 ? DONE : missed('no service is connected');
    }
    const pid = await system.psql(
      `SELECT pid ${BACKENDS} ORDER BY state = 'active' DESC, application_name LIMIT 1`,
    );
    if (pid === '') return missed('no service is connected');
    await docker(['exec', id, 'sh', '-c', `kill -9 ${Number(pid)}`]);
    return DONE;
  } catch (error) {
    return missed(String(error));
  }
}

async function runStray(
  system: ComposeSystem,
  fault: Fault,
  { signal, strays }: Course,
): Promise<FaultOutcome> {
  const id = await system.startStray({ FAIL_POINTS: fault.failPoint ?? '' });
  await delay(fault.forMs, undefined, { signal });
  // dead already where it has reached its fail point
  const { State } = await inspect(id);
  if (State.Status === 'running') await docker(['kill', id]).catch(() => {});
  else if (State.ExitCode !== 137) strays.push(`a stray exited (code ${State.ExitCode})`);
  strays.push(...mishapsIn(await logsOf(id)).map((line) => `stray: ${line}`));
  await docker(['rm', '--force', id]);
  return DONE;
}

/** Whoever died without being killed was started again by Docker, and that is counted. */
async function mishapsOfServices({ containers }: ComposeSystem): Promise<string[]> {
  const mishaps: string[] = [];
  for (const [component, id] of containers) {
    if (!OURS.test(component)) continue;
    const { RestartCount, State } = await inspect(id);
    if (RestartCount > 0 || State.Status !== 'running') {
      mishaps.push(`${component} is ${State.Status}, and was restarted ${RestartCount} times by Docker`);
    }
    mishaps.push(...mishapsIn(await logsOf(id)).map((line) => `${component}: ${line}`));
  }
  return mishaps;
}

async function inspect(id: string): Promise<Container> {
  const [container] = JSON.parse(await docker(['inspect', id])) as Container[];
  if (container === undefined) throw new Error(`there is no container ${id}`);
  return container;
}
