import { inspect } from "node:util";
import { afterEach, expect } from "vitest";
import type { ReadEvent, ReadOptions, ReadProblem, Source, SourceUser } from "../../../src/source/source.ts";
import { makeWecomSource, type WecomSourceOptions } from "../../../src/source/wecom/wecom-source.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeWecom, type Script, startFakeWecom } from "./fake-wecom.ts";

export const secrets = {
  corpSecret: "s3cr3t-of-the-app",
  contactsSecret: "s3cr3t-of-the-contacts",
  token: "the-token",
};

export interface Setup {
  readonly fake: FakeWecom;
  readonly source: Source;
  readonly clock: FakeClock;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A scripted WeCom and a source that reads it. Both are closed after the test. */
export async function setUp(
  script: Readonly<Record<string, Script>>,
  options: Partial<WecomSourceOptions> = {},
): Promise<Setup> {
  const fake = await startFakeWecom(script);
  const clock = new FakeClock();
  const source = makeWecomSource({
    corpId: "ww0123456789abcdef",
    corpSecret: secrets.corpSecret,
    apiBaseUrl: fake.url,
    clock,
    ...options,
  });
  open.push(source, fake);
  return { fake, source, clock };
}

/** A whole read, gathered. */
export interface Gathered {
  readonly events: readonly ReadEvent[];
  readonly departments: readonly string[];
  readonly users: readonly SourceUser[];
  readonly userKeys: readonly string[];
  readonly tags: readonly Extract<ReadEvent, { type: "tags" }>["records"][number][];
  readonly problems: readonly ReadProblem[];
  readonly end: Extract<ReadEvent, { type: "end" }>;
}

export async function gather(source: Source, options: Partial<ReadOptions> = {}): Promise<Gathered> {
  const events: ReadEvent[] = [];
  const request = { scope: { mode: "all" } as const, users: true, signal: new AbortController().signal, ...options };
  for await (const event of source.read(request)) events.push(event);
  const ends = events.filter((event) => event.type === "end");
  const end = ends[0];
  if (end === undefined || ends.length !== 1 || events.at(-1) !== end) throw new Error("a read ends exactly once");
  expect(events[0]?.type).toBe("departments");
  expect(events.filter(({ type }) => type === "departments")).toHaveLength(1);
  // A person's tags are known when he arrives (source.ts): in every read of every test.
  const firstUsers = events.findIndex(({ type }) => type === "users");
  const afterwards = firstUsers < 0 ? [] : events.slice(firstUsers);
  expect(afterwards.filter(({ type }) => type === "tags")).toEqual([]);
  expect(afterwards.filter((event) => event.type === "problem" && event.problem.unread === "tags")).toEqual([]);
  const users = events.flatMap((event) => (event.type === "users" ? event.records : []));
  return {
    events,
    departments: events.flatMap((event) => (event.type === "departments" ? event.records : [])).map(({ key }) => key),
    users,
    userKeys: [...new Set(users.map(({ key }) => key))].sort(),
    tags: events.flatMap((event) => (event.type === "tags" ? event.records : [])),
    problems: events.flatMap((event) => (event.type === "problem" ? [event.problem] : [])),
    end,
  };
}

/** The error that a promise is rejected with, looked through for secrets. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("thrown was something that is no Error");
  expectNoSecrets(error);
  return error;
}

/** Message, stack, causes and every property, however deep. */
export function expectNoSecrets(value: unknown): void {
  const text = inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  for (const secret of [...Object.values(secrets), "access_token=", "corpsecret="]) expect(text).not.toContain(secret);
}
