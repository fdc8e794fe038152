import * as Plot from '@observablehq/plot';
import { LAST_RUNG } from '../../src/measure/tuning/search.js';
import { COLOURS, figureOf, plotFrame, SYMBOLS } from '../command/plot-frame.js';
import type { EvaluationResult, TuningTrial } from './report.js';
import { systemsOf } from './systems.js';

/** Colour and shape of each system; where there are more of them than colours, they begin again. */
function scalesOf(names: readonly string[]) {
  const cycle = <T>(values: readonly T[]) => names.map((_, n) => values[(n + 1) % values.length]!);
  return { color: { domain: names, range: cycle(COLOURS) }, symbol: { domain: names, range: cycle(SYMBOLS) } };
}

/** One figure of all systems at every length of list, with its 95% intervals, as HTML. */
export function figurePlot(result: EvaluationResult, figure: string): string {
  const systems = systemsOf(result);
  const names = systems.map(({ name }) => name);
  const points = systems.flatMap(({ name: system, metrics, intervals }) =>
    keysOf(metrics, figure).map(key => {
      const [low, high] = intervals?.[key] ?? [undefined, undefined];
      return { system, at: key.slice(figure.length), value: metrics[key]!, low, high };
    }),
  );
  const lengths = [...new Set(points.map(({ at }) => at))];
  const { color, symbol } = scalesOf(names);
  return figureOf(
    Plot.plot({
      ...plotFrame(`${figure} of ${names.join(', ')}, with 95% intervals`),
      width: 520,
      height: 60 + lengths.length * (12 + 24 * names.length),
      marginLeft: Math.min(240, 50 + 8 * Math.max(...names.map(({ length }) => length))),
      marginRight: 52,
      color,
      symbol,
      x: { label: `${figure} →`, grid: true, zero: true, nice: true, ticks: 5 },
      y: { label: null, domain: names },
      fy: { label: null, domain: lengths },
      marks: [
        Plot.ruleY(
          points.filter(({ low }) => low !== undefined),
          { x1: 'low', x2: 'high', y: 'system', fy: 'at', stroke: 'system', strokeWidth: 3, strokeOpacity: 0.5 },
        ),
        Plot.dot(points, {
          ...{ x: 'value', y: 'system', fy: 'at', stroke: 'system', fill: 'system', symbol: 'system', r: 4 },
          title: ({ system, value, low, high }) =>
            `${system} ${value.toFixed(4)}${low === undefined ? '' : `\n${low.toFixed(4)} to ${high?.toFixed(4)}`}`,
        }),
      ],
    }),
  );
}

/** One figure of the longest list by how much is known of the user, as HTML. */
export function activityPlot(result: EvaluationResult, figure: string): string {
  const systems = systemsOf(result).filter(({ activity }) => activity !== undefined);
  const names = systems.map(({ name }) => name);
  const key = keysOf(result.metrics, figure).at(-1) ?? figure;
  const points = systems.flatMap(({ name: system, activity = [] }) =>
    activity.map(({ interactions, metrics }) => ({ system, history: interactions.join(' to '), value: metrics[key]! })),
  );
  const { color, symbol } = scalesOf(names);
  return figureOf(
    Plot.plot({
      ...plotFrame(`${key} of ${names.join(', ')} by the number of interactions of the user in training`),
      width: 520,
      height: 300,
      color,
      symbol: { ...symbol, legend: true },
      x: {
        type: 'point',
        label: 'interactions of the user in training →',
        domain: [...new Set(points.map(p => p.history))],
      },
      y: { label: `↑ ${key}`, grid: true, zero: true, nice: true },
      marks: [
        Plot.line(points, { x: 'history', y: 'value', z: 'system', stroke: 'system', strokeWidth: 1.5 }),
        Plot.dot(points, { x: 'history', y: 'value', stroke: 'system', fill: 'system', symbol: 'system', r: 4 }),
      ],
    }),
  );
}

/** What the search for hyper-parameters tried, in its order, and the best of the full trials so far, as HTML. */
export function tuningPlot(trials: readonly TuningTrial[], metric: string): string {
  const points = trials.map((trial, n) => ({
    ...trial,
    trial: n + 1,
    part: trial.rung === LAST_RUNG ? 'in full' : 'in part',
  }));
  const full = points.filter(({ rung }) => rung === LAST_RUNG);
  const bests = full.map(({ trial }, n) => ({
    trial,
    value: Math.max(...full.slice(0, n + 1).map(({ value }) => value)),
  }));
  return figureOf(
    Plot.plot({
      ...plotFrame(`${metric} of each trial of the search`),
      height: 320,
      color: { domain: ['in part', 'in full'], range: [COLOURS[0], COLOURS[1]], legend: true },
      x: { label: 'trial →', domain: [1, Math.max(2, points.length)] },
      y: { label: `↑ ${metric} on interactions held back from training`, grid: true, nice: true },
      marks: [
        Plot.line(bests, { x: 'trial', y: 'value', curve: 'step-after', stroke: COLOURS[4], strokeWidth: 2 }),
        Plot.dot(points, { x: 'trial', y: 'value', stroke: 'part', r: 3.5, title: ({ value }) => value.toFixed(4) }),
      ],
    }),
  );
}

/** The names of a figure at all lengths of list, the shortest first. */
export function keysOf(metrics: Readonly<Record<string, number>>, figure: string): string[] {
  return Object.keys(metrics).filter(key => key.startsWith(`${figure}@`));
}
