import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type SecretsByPointer, secretMask } from "../../lib/secrets.ts";
import { textOf } from "../../scim/document.ts";
import { type Settings, type SourceRow, type TargetRow, userGroups, type VisibleSources } from "../../store/store.ts";
import type { ShownForm } from "./compare-forms.ts";
import type { ConfigurationKind } from "./configuration-form.ts";
import type { AdminParts } from "./parts.ts";
import { toSettingsView } from "./settings.ts";
import { type JudgedSource, toSourceForm } from "./source-form.ts";
import { toTargetForm } from "./target-form.ts";
import { peopled } from "./user-groups.ts";

/** A thing that is there, as a configuration would hold it. */
export interface StoredThing extends ShownForm {
  readonly id: string;
  readonly name: string;
}

/** Everything that a configuration can be about, as it is now. Rows beside it, for what is judged by them. */
export interface PresentConfiguration {
  readonly settings: Settings;
  readonly sources: readonly SourceRow[];
  readonly targets: readonly TargetRow[];
  readonly things: Readonly<Record<ConfigurationKind, readonly StoredThing[]>>;
}

/** Names of sources by their ids; null: it is not there (any more). */
export type SourceNames = (id: string) => string | null;

/** Reads all of it. Lists are in the order of names, so that the same state is the same text. */
export async function readConfiguration(store: AdminParts["store"]): Promise<PresentConfiguration> {
  const [settings, sources, targets, clients, webhooks] = await Promise.all([
    store.readSettings(),
    store.listSources(),
    store.listTargets(),
    store.listClients(),
    store.listWebhooks(),
  ]);
  const nameOf = namesOf(sources);
  const things = {
    sources: sources.map((row) => thing(row.id, row.name, showSource(row))),
    targets: targets.map((row) => thing(row.id, row.name, showTarget(row, nameOf))),
    userGroups: await readGroups(store, nameOf),
    scimClients: clients.map((row) => thing(row.id, row.name, showClient(row, nameOf))),
    webhooks: webhooks.map((row) => thing(row.id, row.name, showWebhook(row))),
  };
  const sorted = Object.entries(things).map(([kind, items]) => [kind, items.toSorted(byName)]);
  return { settings, sources, targets, things: Object.fromEntries(sorted) };
}

const thing = (id: string, name: string, shown: ShownForm): StoredThing => ({ id, name, ...shown });

function byName(a: StoredThing, b: StoredThing): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1;
}

/** @param more sources that are not there yet, by what stands for their ids */
export function namesOf(
  sources: readonly Pick<SourceRow, "id" | "name">[],
  more: Readonly<Record<string, string>> = {},
): SourceNames {
  const names = new Map([...sources.map(({ id, name }): [string, string] => [id, name]), ...Object.entries(more)]);
  return (id) => names.get(id) ?? (id === userGroups ? id : null);
}

async function readGroups(store: AdminParts["store"], nameOf: SourceNames): Promise<readonly StoredThing[]> {
  const things: StoredThing[] = [];
  for (const { groupId, rule } of await store.listGroupRules()) {
    const row = await store.readResource("Group", groupId, [userGroups]);
    // Gone since, or not a group of people's making.
    if (row === null) continue;
    const document = JSON.parse(row.document) as JsonObject;
    const displayName = textOf(document, "displayName") ?? "";
    const externalId = textOf(document, "externalId");
    const form = { displayName, externalId, memberFilter: rule.filter, sources: peopled(rule.sources) };
    things.push(thing(groupId, displayName, showGroup(form, nameOf)));
  }
  return things;
}

/** A form to compare and to show: JSON, without what is undefined, in one order however it was stored. */
function plainForm(form: object, secrets: SecretsByPointer = {}): ShownForm {
  return { form: inOrder(JSON.parse(JSON.stringify(form)) as JsonObject) as JsonObject, secrets };
}

/** What a person looks for first; the rest is in the order of the alphabet. */
const first: readonly string[] = ["name", "displayName", "type", "mode", "status"];

function inOrder(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const rank = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length);
  const keys = Object.keys(value).toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  // Rules are in the order in which somebody has written them.
  return Object.fromEntries(
    keys.map((key) => [key, key === "mapping" ? value[key] : inOrder(value[key] ?? null)]),
  ) as Json;
}

export function showSource(source: JudgedSource): ShownForm {
  return plainForm(toSourceForm(source), source.secrets);
}

export function showTarget(target: Parameters<typeof toTargetForm>[0], nameOf: SourceNames): ShownForm {
  const form = toTargetForm(target);
  return plainForm({ ...form, sources: namesIn(target.settings.sources, nameOf) }, target.secrets);
}

export function showGroup(
  group: {
    readonly displayName: string;
    readonly externalId: string | null;
    readonly memberFilter: string;
    readonly sources: VisibleSources;
  },
  nameOf: SourceNames,
): ShownForm {
  const { displayName, externalId, memberFilter, sources } = group;
  const named = externalId === null ? {} : { externalId };
  return plainForm({ displayName, ...named, memberFilter, sources: namesIn(sources, nameOf) });
}

export function showClient(
  client: {
    readonly name: string;
    readonly access: string;
    readonly sources: VisibleSources;
    readonly requestsPerSecond: number;
  },
  nameOf: SourceNames,
): ShownForm {
  const { name, access, sources, requestsPerSecond } = client;
  return plainForm({ name, access, sources: namesIn(sources, nameOf), requestsPerSecond });
}

export function showWebhook(webhook: {
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly status: string;
}): ShownForm {
  const { name, url, events, status } = webhook;
  return plainForm({ name, url, events: events.toSorted(), status });
}

export function showSettings(settings: Settings): ShownForm {
  const { metricsToken } = settings;
  return plainForm(toSettingsView(settings), metricsToken === null ? {} : { "/metricsToken": metricsToken });
}

/**
 * The order of names has no meaning. Sources that have ended are left out: no other server knows them. A list of nothing else
 * stays as it is, because an empty one could mean more, or is none.
 */
function namesIn(sources: VisibleSources, nameOf: SourceNames): "all" | readonly string[] {
  if (sources === "all") return sources;
  const named = sources.flatMap((id) => nameOf(id) ?? []);
  return (named.length === 0 ? [...sources] : named).toSorted();
}

/**
 * The settings that are a matter of configuration: not the stop for everything, which is for the moment, and not
 * `separateApprover`, which needs accounts that a file does not make.
 */
export function configuredSettings(settings: Settings): JsonObject {
  const { paused: _, separateApprover: _needsAccounts, ...form } = showSettings(settings).form;
  return { ...form, ...(settings.metricsToken !== null && { metricsToken: secretMask }) };
}
