import { refuseDynamicNames } from "../../directory/named-groups.ts";
import { parseRule } from "../../directory/rules.ts";
import { foldCase } from "../../lib/fold.ts";
import { isJsonObject, type JsonObject, member } from "../../lib/json.ts";
import { safeParse } from "../../lib/safe-parse.ts";
import { type SourceRow, userGroups } from "../../store/store.ts";
import { invalid, ProblemError, type ProblemItem, toProblemItems } from "../problem.ts";
import { parseForm } from "./common.ts";
import type { ShownForm } from "./compare-forms.ts";
import {
  type ConfigurationKind,
  configurationKinds,
  configurationOutline,
  dynamicGroupForm,
  nameMember,
  placeOfThing,
} from "./configuration-form.ts";
import { mergePatch } from "./merge-patch.ts";
import { lookUpSources } from "./named-sources.ts";
import type { AdminParts } from "./parts.ts";
import {
  namesOf,
  type PresentConfiguration,
  type SourceNames,
  showClient,
  showGroup,
  showSettings,
  showSource,
  showTarget,
  showWebhook,
} from "./read-configuration.ts";
import { findTwins } from "./renamed-things.ts";
import { scimClientForm } from "./scim-clients.ts";
import { keepMasked, settingsForm, toSettingsView } from "./settings.ts";
import { bindAuthorization } from "./source-authorization.ts";
import { judgeSource } from "./source-form.ts";
import { sourceForm } from "./source-schemas.ts";
import { judgeTarget } from "./target-form.ts";
import { targetForm } from "./target-schemas.ts";
import { atFields } from "./user-groups.ts";
import { webhookForm } from "./webhooks.ts";

/** A thing of a configuration, as it would be. */
export interface WantedThing extends ShownForm {
  readonly kind: ConfigurationKind;
  readonly name: string;
  /** JSON Pointer in the document. */
  readonly place: string;
}

export interface WantedConfiguration {
  /** Null where the document says nothing of them. */
  readonly settings: ShownForm | null;
  readonly things: readonly WantedThing[];
}

/**
 * A configuration as it would be brought about, beside what is there.
 *
 * @throws ProblemError 400 with everything that is wrong with the document: a problem of one thing hides no other's
 */
export async function judgeConfiguration(
  document: unknown,
  present: PresentConfiguration,
  parts: AdminParts,
): Promise<WantedConfiguration> {
  const outline = safeParse(configurationOutline, document);
  const problems: ProblemItem[] = outline.success ? [] : [...toProblemItems(outline.error.issues, "json")];
  const written = isJsonObject(document) ? document : {};
  const lists = configurationKinds.flatMap((kind) => {
    const list = member(written, kind);
    return (Array.isArray(list) ? list : []).map((value: unknown, index) => ({
      ...{ kind, value },
      place: placeOfThing(kind, index),
    }));
  });
  problems.push(...twiceNamed(lists));
  const around = lookAround(lists, present, parts);
  const things: WantedThing[] = [];
  for (const { kind, value, place } of lists) {
    try {
      things.push({ kind, place, name: nameOf(kind, value), ...(await judges[kind](value, around)) });
    } catch (error) {
      problems.push(...below(place, error));
    }
  }
  let settings: ShownForm | null = null;
  try {
    const patch = member(written, "settings");
    settings = isJsonObject(patch) ? judgeSettings(patch, present) : null;
  } catch (error) {
    problems.push(...below("/settings", error));
  }
  if (problems.length === 0) {
    problems.push(...findTwins(things, present), ...overLimits(things, settings, present));
  }
  if (problems.length > 0) throw invalid(problems);
  return { settings, things };
}

interface Listed {
  readonly kind: ConfigurationKind;
  readonly value: unknown;
  readonly place: string;
}

/** What one thing is judged by. */
interface Around {
  readonly parts: AdminParts;
  readonly present: PresentConfiguration;
  /** Also finds the sources that the document brings along. */
  readonly findSource: AdminParts["store"]["findSource"];
  readonly names: SourceNames;
}

/** What stands for the id of a source that is not there yet. No id and no name has such a form. */
const newId = (name: string): string => `new:${name}`;

function lookAround(lists: readonly Listed[], present: PresentConfiguration, parts: AdminParts): Around {
  const there = new Set(present.sources.map(({ name }) => name));
  const named = lists.filter(({ kind, value }) => kind === "sources" && nameOf(kind, value) !== "");
  const coming = new Map(
    named.flatMap(({ kind, value }): [string, Pick<SourceRow, "id" | "name" | "type">][] => {
      const name = nameOf(kind, value);
      const type = isJsonObject(value) && member(value, "type") === "custom" ? "custom" : "wecom";
      return there.has(name) ? [] : [[name, { id: newId(name), name, type }]];
    }),
  );
  return {
    parts,
    present,
    // Of a source that is coming nothing but these members is read.
    findSource: async (idOrName) => (coming.get(idOrName) as SourceRow) ?? parts.store.findSource(idOrName),
    names: namesOf(present.sources, Object.fromEntries([...coming.keys()].map((name) => [newId(name), name]))),
  };
}

type Judge = (value: unknown, around: Around) => Promise<ShownForm>;

const judges: Readonly<Record<ConfigurationKind, Judge>> = {
  async sources(value, { parts, present }) {
    const form = parseForm(sourceForm, value);
    const stored = rowNamed(present.sources, form.name);
    return showSource(judgeSource(await bindAuthorization(form, stored, parts), stored, parts));
  },
  async targets(value, { parts, present, findSource, names }) {
    const form = parseForm(targetForm, value);
    const stored = rowNamed(present.targets, form.name);
    return showTarget(await judgeTarget(form, stored, { ...parts, store: { findSource } }), names);
  },
  async userGroups(value, { parts, present, findSource, names }) {
    const { displayName, externalId = null, memberFilter, sources } = parseForm(dynamicGroupForm, value);
    const stored = present.things.userGroups.find(({ name }) => name === displayName);
    await atFields(async () => {
      const filter = parseRule(memberFilter, parts.catalog());
      await refuseDynamicNames(parts.store, filter, { id: stored?.id ?? null, displayName });
    });
    if (stored === undefined) await refuseOtherGroup(parts, displayName);
    const group = { displayName, externalId, memberFilter };
    return showGroup({ ...group, sources: await idsOf(findSource, sources, kept(stored)) }, names);
  },
  async scimClients(value, { present, findSource, names }) {
    const form = parseForm(scimClientForm, value);
    const stored = present.things.scimClients.find(({ name }) => name === form.name);
    return showClient({ ...form, sources: await idsOf(findSource, form.sources, kept(stored)) }, names);
  },
  async webhooks(value, { parts }) {
    const form = parseForm(webhookForm, value);
    const refusal = parts.allowUrl?.(form.url) ?? null;
    if (refusal !== null) throw invalid([{ pointer: "/url", detail: refusal }]);
    return showWebhook(form);
  },
};

/** Names are compared without regard to case; another spelling, or a listed group, is another thing that is in the way. */
async function refuseOtherGroup({ store }: AdminParts, displayName: string): Promise<void> {
  for (const { id, isDynamic } of await store.groupsNamed([foldCase(displayName)], [])) {
    // Departments may be called the same.
    if ((await store.readResource("Group", id, [userGroups])) === null) continue;
    const detail = isDynamic
      ? "is taken by a dynamic group that is spelt otherwise"
      : "is taken by a group with a list of members, which is no part of a configuration";
    throw invalid([{ pointer: "/displayName", detail }]);
  }
}

async function idsOf(
  findSource: Around["findSource"],
  named: "all" | readonly string[],
  before: readonly string[],
): Promise<"all" | readonly string[]> {
  if (named === "all") return named;
  const { ids, errors } = await lookUpSources({ findSource }, named, before);
  if (errors.length > 0) throw invalid(errors);
  return ids;
}

/** What a list of sources holds already may stay, though a source is gone: it stands there as its id. */
function kept(stored: ShownForm | undefined): readonly string[] {
  const sources = stored === undefined ? undefined : member(stored.form, "sources");
  return Array.isArray(sources) ? sources.map(String) : [];
}

function judgeSettings(patch: JsonObject, present: PresentConfiguration): ShownForm {
  const before = present.settings;
  const form = parseForm(settingsForm, mergePatch({ ...toSettingsView(before) }, patch));
  return showSettings({ ...form, metricsToken: keepMasked(form.metricsToken, before.metricsToken) });
}

function rowNamed<Row extends { readonly name: string }>(rows: readonly Row[], name: string): Row | null {
  return rows.find((row) => row.name === name) ?? null;
}

function nameOf(kind: ConfigurationKind, value: unknown): string {
  const name = isJsonObject(value) ? member(value, nameMember[kind]) : undefined;
  return typeof name === "string" ? name : "";
}

function twiceNamed(lists: readonly Listed[]): readonly ProblemItem[] {
  const first = new Map<string, string>();
  return lists.flatMap(({ kind, value, place }) => {
    const name = nameOf(kind, value);
    const key = `${kind} ${kind === "userGroups" ? foldCase(name) : name}`;
    const before = first.get(key);
    if (name !== "" && before === undefined) first.set(key, place);
    return name === "" || before === undefined
      ? []
      : [{ pointer: `${place}/${nameMember[kind]}`, detail: `is the name of ${before} too: each has to have its own` }];
  });
}

/** Problems of a thing by their places in the document. @throws what is no problem of the thing */
function below(place: string, error: unknown): readonly ProblemItem[] {
  if (!(error instanceof ProblemError) || error.status !== 400) throw error;
  return error.errors.map((item) => ("pointer" in item ? { ...item, pointer: `${place}${item.pointer}` } : item));
}

/** Where sources are enabled: what is not in the document stays until the end, and counts. */
function overLimits(
  things: readonly WantedThing[],
  settings: ShownForm | null,
  present: PresentConfiguration,
): readonly ProblemItem[] {
  const isEnabled = ({ form }: ShownForm): boolean => form["status"] === "enabled";
  const isCustom = ({ form }: ShownForm): boolean => form["type"] === "custom";
  const stored = present.things.sources;
  const wanted = things.filter(({ kind }) => kind === "sources");
  const others = stored.filter(({ name }) => !wanted.some((each) => each.name === name));
  const enabled = [...wanted, ...others].filter(isEnabled);
  const enabling = wanted.filter(
    (each) => isEnabled(each) && !stored.some((s) => s.name === each.name && isEnabled(s)),
  );
  const over = (
    key: "maxEnabledSources" | "maxCustomSources",
    which: string,
    counts: (thing: ShownForm) => boolean,
  ) => {
    const most = Number(settings?.form[key] ?? present.settings[key]);
    const count = enabled.filter(counts).length;
    if (count <= most || !enabling.some(counts)) return [];
    const detail = `${count} sources${which} would be enabled, those that are not in the document included, and ${key} is ${most}: disable some, or raise it in settings`;
    return [{ pointer: "/sources", detail }];
  };
  return [...over("maxEnabledSources", "", () => true), ...over("maxCustomSources", " of type custom", isCustom)];
}
