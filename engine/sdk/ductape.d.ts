// The types of engine/sdk/ductape.js, for TypeScript. The API serves this file at /ductape/client.d.ts.

/** What a job may execute. */
export declare const JobEventTypes: {
  readonly ACTION: "ACTION";
  readonly NOTIFICATION: "NOTIFICATION";
  readonly DATABASE_ACTION: "DATABASE_ACTION";
  readonly FUNCTION: "FUNCTION";
  readonly MESSAGEBROKER: "MESSAGEBROKER";
};
export type JobEventTypes = (typeof JobEventTypes)[keyof typeof JobEventTypes];

/** What a job is made of: all fields are required, and an update may have any of them but the tag. */
export interface IProductJob {
  name: string;
  tag: string;
  event_type: JobEventTypes;
  event_tag: string;
  /** So many runs; 0 is without end. */
  executions: number;
  /** Milliseconds between two runs, 100 or more. */
  intervals: number;
}

/** A job as it is. `intervals` is null where it runs by a cron expression; `next_run` is a time in ISO 8601. */
export interface ProductJob extends Omit<IProductJob, "event_type" | "intervals"> {
  event_type: JobEventTypes | "LISTENER";
  intervals: number | null;
  state: "active" | "paused" | "ended";
  executed: number;
  next_run: string | null;
}

/** `product.jobs`; each call is refused with a DuctapeError. */
export interface Jobs {
  create(details: IProductJob): Promise<ProductJob>;
  update(tag: string, data: Omit<Partial<IProductJob>, "tag">): Promise<ProductJob>;
  fetch(tag: string): Promise<ProductJob>;
  fetchAll(): Promise<ProductJob[]>;
}

/** What the API refused. */
export declare class DuctapeError extends Error {
  readonly status: number;
  readonly code: string;
  readonly additionalInfo: Record<string, unknown>;
}

/** A client with a token; `url` is the API's, by default where client.js came from. */
export declare class Ductape {
  constructor(options: { token: string; url?: string });
  readonly product: { readonly jobs: Jobs };
}

export default Ductape;
