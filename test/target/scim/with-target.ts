import { onTestFinished } from "vitest";
import { parseTargetProfile, type TargetProfile } from "../../../src/target/profile.ts";
import { makeScimTarget, type ScimTargetOptions } from "../../../src/target/scim/scim-target.ts";
import { type Target, TargetError } from "../../../src/target/target.ts";
import { type Reply, type ScriptedServer, type SeenRequest, startScriptedServer } from "./scripted-server.ts";

export const generic: TargetProfile = parseTargetProfile({
  name: "generic",
  title: "Generic",
  description: "Defaults",
});

export function profileWith(facts: Readonly<Record<string, unknown>>): TargetProfile {
  const entries = Object.entries(facts).map(([name, value]) => [name, { value, evidence: "assumed" }]);
  return parseTargetProfile({ ...generic, facts: Object.fromEntries(entries) });
}

/** A target at a scripted server; both end with the test. */
export async function withTarget(
  script: (request: SeenRequest, index: number) => Reply,
  options: Partial<ScimTargetOptions> = {},
): Promise<{ target: Target; server: ScriptedServer }> {
  const server = await startScriptedServer(script);
  const target = targetAt(server.url, options);
  onTestFinished(() => server.close());
  return { target, server };
}

export function targetAt(baseUrl: string, options: Partial<ScimTargetOptions> = {}): Target {
  const target = makeScimTarget({
    baseUrl,
    auth: { type: "bearer", token: "s3cret-bearer-token" },
    profile: generic,
    version: "1.2.3",
    ...options,
  });
  onTestFinished(() => target.close());
  return target;
}

export const never: AbortSignal = new AbortController().signal;

/** The TargetError that a call ends with. Anything else, success too, fails the test. */
export async function errorOf(call: Promise<unknown>): Promise<TargetError> {
  const outcome = await call.then(
    () => "success",
    (error: unknown) => error,
  );
  if (outcome instanceof TargetError) return outcome;
  throw new Error("expected a TargetError", { cause: outcome });
}

export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
