import { contentHash } from "../../lib/hash.ts";
import { canonicalJson } from "../../lib/json.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { ProfileFacts } from "../profile.ts";
import type { PatchOperation, TargetLanguage } from "../target.ts";
import { knownPart } from "./known-schemas.ts";
import { memberOperations, membersValue, replaceMemberOperations } from "./member-operations.ts";
import { patchOperations } from "./patch.ts";
import { type Constants, lackingPaths, makeOmit, makeRefine, type WritingFacts } from "./refine.ts";
import { renderForTarget } from "./render.ts";
import { wholeResource } from "./whole.ts";

/**
 * How a SCIM target wants things written: as its profile says.
 *
 * @param constants what the target's settings say of the constants that the profile names
 */
export function makeScimLanguage(
  facts: WritingFacts & Pick<ProfileFacts, "deactivate">,
  constants: Constants = {},
): TargetLanguage {
  const refine = makeRefine(facts, constants);
  const omit = makeOmit(facts);
  return {
    version: versionOf(facts, constants),
    makesInactive: true,
    inactive: facts.deactivate.value === "delete" ? "removed" : "kept",
    adjust: (document, options) => renderForTarget(refine(options.type, document), options),
    atCreate: (_type, document) => ({ sent: document, rest: [], held: document }),
    lacking: (type, document) => lackingPaths(facts.require.value[type === "User" ? "users" : "groups"], document),
    // What is never sent is not taken away either: products refuse both.
    known: (type, document, capabilities) => knownPart(omit(type, document), capabilities),
    difference: (type, held, desired) => updates(facts, type, patchOperations(held, desired)),
    whole: wholeResource,
    memberRequests: (op, members, capabilities) =>
      op === "add" ? memberOperations(members, [], capabilities) : memberOperations([], members, capabilities),
    replaceMembers: replaceMemberOperations,
    membersValue,
  };
}

/** An externalId that is taken at the create alone is in no update. */
function updates(
  { externalId }: WritingFacts,
  type: ResourceType,
  operations: readonly PatchOperation[],
): readonly PatchOperation[] {
  if (externalId.value[type === "User" ? "users" : "groups"] === "always") return operations;
  return operations.filter(({ path }) => path !== "externalId");
}

function versionOf(facts: WritingFacts, constants: Constants): string | null {
  const { omit, externalId, singleValued, valueTypes } = facts;
  const written = {
    omit: omit.value,
    externalId: externalId.value,
    singleValued: singleValued.value,
    valueTypes: valueTypes.value,
    constants: Object.entries(facts.constants.value).flatMap(([name, { users, groups }]) =>
      Object.hasOwn(constants, name) ? [[constants[name] ?? "", users, groups]] : [],
    ),
  };
  return canonicalJson(written) === plain ? null : contentHash(canonicalJson(written));
}

const plain = canonicalJson({
  omit: { users: [], groups: [] },
  externalId: { users: "always", groups: "always" },
  singleValued: false,
  valueTypes: true,
  constants: [],
});
