export * from './cholesky';
export * from './retrieval';
export * from './training';
