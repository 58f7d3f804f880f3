import { z } from "zod";

/** Which requests a fault strikes; what is absent matches everything. */
const matchSchema = z.strictObject({
  method: z.string().optional(),
  /** `User`, `Group`, or the endpoint's name. */
  type: z.string().optional(),
  /** A part of the path below the base URL, with its query as sent. */
  path: z.string().optional(),
  /** A part of the body as sent. */
  body: z.string().optional(),
});

/** Whether the request is carried out before its answer is spoilt. */
const commit = z.boolean().default(false);

/**
 * What happens instead of the answer:
 * - `status`: this status, with a SCIM error unless `body` says otherwise
 * - `throttle`: 429 with Retry-After, as seconds or as an HTTP date
 * - `hang`: no answer until the client gives up
 * - `reset`: the connection is reset
 * - `html`: 200 with a page, as a proxy or a sign-in page would answer
 * - `truncated`: the right answer's first half, as if it were whole; `cut`: the same, and the connection breaks there
 * - `without-id`, `wrong-id`: the right answer, but for its id
 * - `delay`: the right answer, later
 */
const effectSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().optional(),
    commit,
  }),
  z.strictObject({
    kind: z.literal("throttle"),
    seconds: z.int().min(0).default(1),
    form: z.enum(["seconds", "date"]).default("seconds"),
  }),
  z.strictObject({ kind: z.literal("hang"), commit }),
  z.strictObject({ kind: z.literal("reset"), commit }),
  z.strictObject({ kind: z.literal("html"), commit }),
  z.strictObject({ kind: z.literal("truncated") }),
  z.strictObject({ kind: z.literal("cut") }),
  z.strictObject({ kind: z.literal("without-id") }),
  z.strictObject({ kind: z.literal("wrong-id") }),
  z.strictObject({ kind: z.literal("delay"), ms: z.int().min(0) }),
]);

export const faultSchema = z.strictObject({
  match: matchSchema.default({}),
  /** How many matching requests pass first. */
  skip: z.int().min(0).default(0),
  /** How many are struck; without it, until the fault is cleared. */
  times: z.int().min(1).optional(),
  /** Share of the matching requests that is struck, from a sequence of numbers that `seed` repeats. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.int().default(1),
  effect: effectSchema,
});

/** A fault as it is ordered: over HTTP as JSON, or from a program. */
export type FaultOrder = z.input<typeof faultSchema>;
export type Effect = z.output<typeof effectSchema>;

/** A fault as it stands. */
export interface FaultState {
  readonly id: number;
  readonly order: z.output<typeof faultSchema>;
  readonly struck: number;
}

export interface Struck {
  readonly method: string;
  readonly type: string;
  readonly path: string;
  readonly body: string;
}

/** The faults that were ordered. Of those that match a request the oldest one strikes. */
export class Faults {
  #faults: { id: number; order: FaultState["order"]; passed: number; struck: number; random: () => number }[] = [];
  #nextId = 1;

  /** @returns its id. @throws z.ZodError for an order that is none */
  add(order: FaultOrder): number {
    const parsed = faultSchema.parse(order);
    const id = this.#nextId++;
    this.#faults.push({ id, order: parsed, passed: 0, struck: 0, random: seeded(parsed.seed) });
    return id;
  }

  /** Clears one, or all. */
  clear(id?: number): void {
    this.#faults = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id);
  }

  list(): readonly FaultState[] {
    return this.#faults.map(({ id, order, struck }) => ({ id, order, struck }));
  }

  /** What happens to this request; undefined for nothing. Counts it. */
  strike(request: Struck): Effect | undefined {
    for (const fault of this.#faults) {
      const { order } = fault;
      if (!isMatch(order.match, request) || fault.struck >= (order.times ?? Number.POSITIVE_INFINITY)) continue;
      fault.passed += 1;
      if (fault.passed <= order.skip || fault.random() >= order.probability) continue;
      fault.struck += 1;
      return order.effect;
    }
    return undefined;
  }
}

function isMatch(match: z.output<typeof matchSchema>, { method, type, path, body }: Struck): boolean {
  return (
    (match.method === undefined || match.method.toUpperCase() === method) &&
    (match.type === undefined || match.type === type) &&
    (match.path === undefined || path.includes(match.path)) &&
    (match.body === undefined || body.includes(match.body))
  );
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
