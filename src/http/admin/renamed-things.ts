import { canonicalJson, isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { ProblemItem } from "../problem.ts";
import { type ConfigurationKind, nameMember } from "./configuration-form.ts";
import type { WantedThing } from "./judge-configuration.ts";
import type { PresentConfiguration } from "./read-configuration.ts";

// A document knows things by their names, so that another name is another thing: a source beside the one that reads the
// same corp, a target beside the one that is pushed to, and with the old one deleted all its people gone and come back.
// Nobody who renames something means that.

/** By what a thing is known to be the same under another name; null where nothing tells. */
const sameBy: Readonly<Record<ConfigurationKind, (form: JsonObject) => readonly unknown[] | null>> = {
  sources: ({ wecom }) => (isJsonObject(wecom) ? [wecom["corpId"]] : null),
  targets: ({ baseUrl, constants = null }) => [baseUrl, constants],
  userGroups: ({ memberFilter, sources }) => [memberFilter, sources],
  scimClients: () => null,
  webhooks: ({ url }) => [url],
};

const words: Readonly<
  Record<ConfigurationKind, { readonly one: string; readonly same: string; readonly path: string }>
> = {
  sources: { one: "source", same: "reads the same corp", path: "sources" },
  targets: { one: "target", same: "has the same baseUrl", path: "targets" },
  userGroups: { one: "user group", same: "has the same memberFilter", path: "user-groups" },
  scimClients: { one: "SCIM client", same: "is the same", path: "scim-clients" },
  webhooks: { one: "webhook", same: "has the same url", path: "webhooks" },
};

/** Things that would be made beside one that is the same, and that the document does not name. */
export function findTwins(things: readonly WantedThing[], present: PresentConfiguration): readonly ProblemItem[] {
  return things.flatMap(({ kind, name, place, form }) => {
    const stored = present.things[kind];
    const same = sameBy[kind](form);
    if (same === null || stored.some((each) => each.name === name)) return [];
    const named = new Set(things.filter((each) => each.kind === kind).map((each) => each.name));
    const twin = stored.find(
      (each) => !named.has(each.name) && canonicalJson(sameBy[kind](each.form)) === canonicalJson(same),
    );
    if (twin === undefined) return [];
    const { one, same: why, path } = words[kind];
    const patch = JSON.stringify({ [nameMember[kind]]: name });
    const detail =
      `there is no ${one} of this name, and ${JSON.stringify(twin.name)}, which is not in the document, ${why}. Another name is ` +
      `another ${one}, made beside it. To rename it: PATCH /api/v1/${path}/${twin.id} with ${patch}, then apply again. ` +
      `If there are to be both, the document has to have both`;
    return [{ pointer: `${place}/${nameMember[kind]}`, detail }];
  });
}
