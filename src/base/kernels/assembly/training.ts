// The trainers' kernels, one concept a file.

export * from './eigen';
export * from './gram';
export * from './rotation';
export * from './row-solve';
export * from './sgd';
