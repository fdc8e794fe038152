/** Signatures of the kernels in `assembly/retrieval.ts` and of those it gathers from the files beside it. */
export interface RetrievalKernels {
  /** Dot product of two rows of `stride` floats; `stride` is a multiple of four. */
  dot(a: number, b: number, stride: number): number;

  /** `assembly/cell-search.ts`: the k best of all rows. */
  searchAll(
    query: number,
    rows: number,
    count: number,
    stride: number,
    scales: number,
    mask: number,
    order: number,
    norms: number,
    underflow: number,
    k: number,
    keys: number,
    out: number,
  ): void;
  /** `assembly/cell-search.ts`: the k best of `count` listed rows. */
  searchListed(
    query: number,
    rows: number,
    stride: number,
    scales: number,
    mask: number,
    items: number,
    count: number,
    k: number,
    keys: number,
    out: number,
  ): void;
  /** `assembly/cell-search.ts`: the k best rows of the best cells, or of all with a proof. */
  searchCells(
    index: number,
    query: number,
    underflow: number,
    mask: number,
    probes: number,
    prove: 0 | 1,
    k: number,
    keys: number,
    work: number,
    out: number,
  ): void;
  /** `assembly/block-scores.ts`: the k best rows for each of a block of queries. */
  rankBlock(
    queries: number,
    count: number,
    stride: number,
    rows: number,
    rowCount: number,
    ids: number,
    norms: number,
    underflow: number,
    masks: number,
    maskBytes: number,
    k: number,
    keys: number,
    work: number,
    lengths: number,
    out: number,
  ): void;
  /** `assembly/bounds.ts`: the norm of a row, in double precision. */
  normOf(row: number, stride: number): number;
  /** `assembly/bounds.ts`: norms of the scaled rows first … last-1, rounded up. */
  rowNorms(
    rows: number,
    stride: number,
    scales: number,
    first: number,
    last: number,
    relative: number,
    out: number,
  ): void;
  /** `assembly/bounds.ts`: distances of the scaled rows first … last-1 from a scaled centroid, rounded up. */
  rowRadii(
    rows: number,
    stride: number,
    scales: number,
    first: number,
    last: number,
    centroid: number,
    centroidScale: number,
    relative: number,
    out: number,
  ): void;

  /** `assembly/clustering.ts`: the nearest centroid of each row first … last-1. */
  assignRows(
    rows: number,
    stride: number,
    step: number,
    first: number,
    last: number,
    centroids: number,
    halfNorms: number,
    count: number,
    assignment: number,
    best: number,
  ): void;
  /** `assembly/clustering.ts`: centroids first … last-1 become the means of their members. */
  moveCentroids(
    rows: number,
    stride: number,
    step: number,
    members: number,
    starts: number,
    first: number,
    last: number,
    centroids: number,
    halfNorms: number,
    sums: number,
  ): void;
}
