import type { Check, TestResult } from "../../lib/check.ts";
import type { TargetProfile } from "../profile.ts";
import { TargetError } from "../target.ts";
import type { Connection } from "./connection.ts";
import { type Discovery, readDiscovery, toCapabilities, toReading } from "./discovery.ts";
import { parseList } from "./pages.ts";
import { type OwnExtension, schemasCheck } from "./schemas-check.ts";

type Failure = TargetError | null;

/**
 * Tries a target without changing anything: `address`, `credentials`, `discovery`, `users`, `groups`, `schemas`.
 * `ours` are our extension schemas, to say what of them the target does not know.
 * What fails is a check that says what to do; only the caller's own signal is thrown.
 */
export async function testConnection(
  connection: Connection,
  profile: TargetProfile,
  ours: readonly OwnExtension[],
  signal: AbortSignal,
): Promise<TestResult> {
  const users = await failureOf(() => tryList(connection, "Users", signal));
  if (users !== null && users.status === null && users.code === "unavailable") {
    const tried = "Not tried, because there is no connection.";
    return toResult([failed("address", users), ...later.map((name) => ({ name, ok: false, detail: tried }))]);
  }
  const address: Check = { name: "address", ok: true, detail: "The server answers." };
  if (users?.code === "unauthorized") {
    const tried = "Not tried, because the credentials are not accepted.";
    const rest = later.filter((name) => name !== "credentials").map((name) => ({ name, ok: false, detail: tried }));
    return toResult([address, failed("credentials", users), ...rest]);
  }
  const credentials: Check =
    users === null
      ? { name: "credentials", ok: true, detail: "The credentials are accepted." }
      : { name: "credentials", ok: false, detail: "Could not be told, because /Users does not answer as it should." };
  let discovery: Discovery = { config: null, schemas: null };
  const silent = await failureOf(async () => {
    discovery = await readDiscovery(connection, signal);
  });
  const groups = profile.facts.groups.value
    ? collectionCheck("groups", "/Groups", await failureOf(() => tryList(connection, "Groups", signal)))
    : { name: "groups", ok: true, detail: "The profile says that this product has no groups, so none are sent." };
  return toResult([
    address,
    credentials,
    silent === null ? discoveryCheck(profile, discovery) : failed("discovery", silent),
    collectionCheck("users", "/Users", users),
    groups,
    silent === null ? schemasCheck(toCapabilities(profile, discovery).schemas, ours) : failed("schemas", silent),
  ]);
}

const later = ["credentials", "discovery", "users", "groups", "schemas"];

function toResult(checks: readonly Check[]): TestResult {
  return { ok: checks.every(({ ok }) => ok), checks };
}

/** Asks for one resource and not none: `count=0` is a special case that servers get wrong. @throws TargetError */
export async function tryList(connection: Connection, collection: string, signal: AbortSignal): Promise<void> {
  const query = { startIndex: "1", count: "1", ...(collection === "Groups" ? { excludedAttributes: "members" } : {}) };
  parseList(await connection.send({ method: "GET", collection, query }, signal));
}

function collectionCheck(name: string, path: string, failure: Failure): Check {
  return failure === null ? { name, ok: true, detail: `${path} can be read.` } : failed(name, failure);
}

function discoveryCheck(profile: TargetProfile, discovery: Discovery): Check {
  const unsaid = "The server publishes no ServiceProviderConfig, so the profile alone says what it can do";
  const said = discovery.config === null ? unsaid : "The server says what it can do";
  const { patch, groups, nestedGroups } = toCapabilities(profile, discovery);
  const { filterTrust } = toReading(profile, discovery);
  const parts = [
    patch ? "changes go by PATCH" : "changes go by PUT of the whole resource",
    groups ? `groups ${nestedGroups ? "with" : "without"} groups in them` : "no groups",
    filterTrust ? "lookups by filter" : "lookups by reading the whole list",
  ];
  return { name: "discovery", ok: true, detail: `${said}: ${parts.join(", ")}.` };
}

function failed(name: string, error: TargetError): Check {
  return { name, ok: false, detail: `${error.message.replace(/\.$/, "")}. ${whatToDo(error)}` };
}

function whatToDo({ code, status }: TargetError): string {
  switch (code) {
    case "unauthorized":
      return "Enter valid credentials, and give them the right to read and write users and groups.";
    case "throttled":
      return "The server asks for patience: try again later, and set requestsPerSecond if it happens often.";
    case "unavailable":
      return status === null
        ? "Check the base URL, that the server runs, and that a firewall lets this machine through."
        : "The server has a problem of its own: try again, then ask who runs it.";
    case "nonsense":
    case "missing":
      return "Check the base URL: it ends before /Users, often in /scim/v2.";
    case "refused":
    case "conflict":
      return "The server does not allow this; if the product lacks it, choose a profile that says so.";
    case "profile":
      return "Then try again.";
  }
}

async function failureOf(work: () => Promise<void>): Promise<Failure> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof TargetError) return error;
    throw error;
  }
}
