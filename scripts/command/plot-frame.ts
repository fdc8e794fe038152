import type * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Colours that colour-blind readers tell apart too (Okabe and Ito), on a light page and on a dark one. */
export const COLOURS = [
  '#808080',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#009e73',
  '#e69f00',
  '#56b4e9',
  '#f0e442',
] as const;
/** A shape for each, for those who print. */
export const SYMBOLS = ['square', 'circle', 'triangle', 'diamond', 'star', 'cross', 'wye', 'hexagon'] as const;

/** What all plots have in common. @param label what the plot shows, for those who cannot see it */
export function plotFrame(label: string) {
  return {
    document: parseHTML('<!doctype html><html><body></body></html>').document,
    ariaLabel: label,
    width: 1080,
    height: 440,
    marginLeft: 76,
    marginRight: 40,
    marginBottom: 48,
    marginTop: 28,
    style: { fontSize: '13px', background: 'transparent' },
  } satisfies Plot.PlotOptions;
}

/** A plot as HTML. */
export function figureOf(plot: { readonly outerHTML: string }): string {
  return /^<figure/.test(plot.outerHTML) ? plot.outerHTML : `<figure>${plot.outerHTML}</figure>`;
}
