// What the module exports.
export * from './block-scores';
export { normOf, rowNorms, rowRadii } from './bounds';
export * from './cell-search';
export * from './cholesky';
export * from './clustering';
export { dotRows as dot } from './dot';
export * from './eigen';
export * from './fold-in';
export * from './gram';
export * from './rotation';
export * from './row-solve';
export * from './sgd';
