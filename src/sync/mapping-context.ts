import { contentHash } from "../lib/hash.ts";
import { canonicalJson } from "../lib/json.ts";
import type { CompiledMapping, SourceContext } from "../mapping/mapping.ts";
import type { SourceRow } from "../store/store.ts";

/** What the settings of a source, and its last read, say to a mapping. */
export function sourceContext({ settings }: Pick<SourceRow, "settings">, unseen: Iterable<string>): SourceContext {
  return {
    organization: settings.organization ?? null,
    namespace: settings.namespace ?? null,
    unseenFields: new Set(unseen),
  };
}

/** The version of a mapping with everything else that shapes what it yields: noted on each resource. */
export function mappingVersionOf(
  { version }: Pick<CompiledMapping, "version">,
  { organization, namespace, unseenFields }: SourceContext,
): string {
  return contentHash(canonicalJson([version, organization, namespace, [...unseenFields].sort()]));
}

/**
 * The same without the fields that the last read saw: what an undo keeps does not end because somebody else has a first
 * phone number.
 */
export function keptVersionOf(
  { version }: Pick<CompiledMapping, "version">,
  { organization, namespace }: Pick<SourceContext, "organization" | "namespace">,
): string {
  return contentHash(canonicalJson([version, organization, namespace]));
}
