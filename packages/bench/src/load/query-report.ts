export interface QueryInput {
  readonly url: string;
  readonly path: string;
  readonly times: number;
}

export interface FollowInput {
  readonly url: string;
  readonly path: string;
  readonly pages: number;
}

export interface QueryReport {
  /** In the order in which they were measured; ends with the first answer that is not 200. */
  readonly latenciesMs: readonly number[];
  readonly status: number;
  readonly rows: number;
}
