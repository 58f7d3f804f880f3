import type { ResourceType } from "../scim/resource.ts";
import type { Mapped, SourceContext } from "./mapping.ts";

/** Puts a source's namespace on the identifiers: two corps at one endpoint or target must not meet in them. */
export function withNamespace(type: ResourceType, mapped: Mapped, { namespace }: SourceContext): Mapped {
  if (namespace === null) return mapped;
  const { externalId, userName, ...others } = mapped.document;
  const ofUser = (name: string): string => (type === "User" ? `${name}@${namespace}` : name);
  const document = {
    ...(externalId === undefined ? {} : { externalId: `${namespace}:${String(externalId)}` }),
    ...(userName === undefined ? {} : { userName: type === "User" ? ofUser(String(userName)) : userName }),
    ...others,
  };
  const { unique = [] } = mapped;
  return {
    ...mapped,
    document,
    unique: unique.map((each) =>
      each.path === "userName" ? { ...each, candidates: () => mapEach(each.candidates(), ofUser) } : each,
    ),
  };
}

function* mapEach(items: Iterable<string>, change: (item: string) => string): Generator<string> {
  for (const item of items) yield change(item);
}
