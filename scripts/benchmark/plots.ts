import * as Plot from '@observablehq/plot';
import type { GrowthPoint } from '../../src/measure/benchmark/catalogue-growth.js';
import { paretoFront, type SweepPoint } from '../../src/measure/benchmark/sweep.js';
import { COLOURS, figureOf, plotFrame, SYMBOLS } from '../command/plot-frame.js';
import { settingOf } from './table.js';

/** One colour and shape per source. */
const SOURCES = ['exact', 'clusters', 'hnsw', 'hnsw ip'];

/** What all plots of a page share. @param sources the first of `SOURCES`, as many as it has */
function frame(label: string, sources: readonly string[]) {
  return {
    ...plotFrame(label),
    color: { domain: sources, range: COLOURS.slice(0, sources.length) },
    symbol: { domain: sources, range: SYMBOLS.slice(0, sources.length), legend: true },
  };
}

/** Recall against the median time of a search, as SVG. Down and to the right is better. */
export function recallLatencyPlot(points: readonly SweepPoint[], chosen: SweepPoint | undefined, k: number): string {
  return recallPlot(points, chosen, k, 'p50us', '↑ median time of a search, µs (log scale)');
}

/** Recall against searches a second on one thread, as SVG. Up and to the right is better. */
export function recallThroughputPlot(points: readonly SweepPoint[], chosen: SweepPoint | undefined, k: number): string {
  return recallPlot(points, chosen, k, 'qps', '↑ searches a second on one thread (log scale)');
}

/** Median time against the size of the catalogue, both logarithmic, as SVG. */
export function growthPlot(points: readonly GrowthPoint[]): string {
  const series = points.flatMap(({ items, p50us, exactP50us }) => [
    { items, us: p50us, source: 'clusters' },
    { items, us: exactP50us, source: 'exact' },
  ]);
  const plot = Plot.plot({
    ...frame('Median time of a search against the size of the catalogue', SOURCES.slice(0, 2)),
    height: 320,
    x: {
      label: 'items (log scale) →',
      type: 'log',
      ticks: points.map(({ items }) => items),
      tickFormat: thousands,
      inset: 12,
    },
    y: logarithmic(
      '↑ median time of a search, µs (log scale)',
      series.map(({ us }) => us),
    ),
    marks: [
      Plot.line(series, { x: 'items', y: 'us', stroke: 'source', strokeWidth: 1.5 }),
      Plot.dot(series, { x: 'items', y: 'us', stroke: 'source', fill: 'source', symbol: 'source', r: 4 }),
    ],
  });
  return figureOf(plot);
}

/** The vertical axis of some values. */
function logarithmic(label: string, values: readonly number[]) {
  const domain: [number, number] = [Math.min(...values) / 1.3, Math.max(...values) * 1.3];
  return { label, type: 'log', domain, ticks: roundSteps(domain), tickFormat: thousands, grid: true } as const;
}

function thousands(value: number): string {
  return value.toLocaleString('en');
}

// Most points crowd near recall 1, where the differences matter most: the axis is logarithmic in what is missing.
const LEAST_MISSING = 0.0002;
const RECALL_TICKS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1];

function placeOf(recall: number): number {
  return -Math.log10(Math.max(LEAST_MISSING, 1 - recall));
}

function recallPlot(
  points: readonly SweepPoint[],
  chosen: SweepPoint | undefined,
  k: number,
  figure: 'p50us' | 'qps',
  label: string,
): string {
  const lowest = Math.max(0.5, Math.min(0.8, ...points.map(point => point.recall)) - 0.03);
  const x = (point: SweepPoint) => placeOf(point.recall);
  // The last ones are there only by request.
  const sources = SOURCES.slice(0, 1 + Math.max(...points.map(({ source }) => SOURCES.indexOf(source))));
  const plot = Plot.plot({
    ...frame(`Recall@${k} against ${figure === 'qps' ? 'searches a second' : 'median time'} of each source`, sources),
    x: {
      label: `recall@${k}, the scale logarithmic in what is missing →`,
      domain: [placeOf(lowest), placeOf(1)],
      ticks: RECALL_TICKS.filter(tick => tick >= lowest).map(placeOf),
      tickFormat: (place: number) => String(RECALL_TICKS.find(tick => placeOf(tick) === place)),
      grid: true,
      inset: 6,
    },
    y: logarithmic(
      label,
      points.map(point => point[figure]),
    ),
    marks: [
      Plot.line(paretoFront(points), {
        x,
        y: figure,
        stroke: '#009e73',
        strokeWidth: 12,
        strokeOpacity: 0.2,
        clip: true,
      }),
      Plot.line(points, { x, y: figure, z: 'source', stroke: 'source', strokeWidth: 1.5, clip: true }),
      Plot.dot(
        points.filter(point => point.recall >= lowest),
        { x, y: figure, stroke: 'source', fill: 'source', symbol: 'source', r: 4, title: hoverText },
      ),
      ...(chosen ? chosenMarks(chosen, x, figure) : []),
    ],
  });
  return figureOf(plot);
}

function chosenMarks(chosen: SweepPoint, x: (point: SweepPoint) => number, figure: 'p50us' | 'qps') {
  const halo = { stroke: 'var(--page)', strokeWidth: 5, fill: 'currentColor' };
  return [
    Plot.dot([chosen], { x, y: figure, r: 10, stroke: 'currentColor', strokeWidth: 2 }),
    Plot.text([chosen], { x, y: figure, text: () => 'used by the service', dy: figure === 'qps' ? -24 : 26, ...halo }),
  ];
}

function hoverText(point: SweepPoint): string {
  return `${point.source} ${settingOf(point)}\nrecall ${point.recall.toFixed(4)}\np50 ${point.p50us.toFixed(1)} µs`;
}

/** 1, 2 and 5 times the powers of ten within a range; where it spans many of them, only those themselves. */
function roundSteps([least, most]: readonly [number, number]): number[] {
  const steps: number[] = [];
  const digits = most / least > 2000 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    for (const digit of digits) {
      const step = digit * 10 ** power;
      if (step >= least && step <= most) steps.push(step);
    }
  }
  return steps;
}
