import type { Check } from "../lib/check.ts";
import type { TargetProfile } from "./profile.ts";
import { type ApiSettings, factsWith, secondHalfOf } from "./second-half.ts";

/** What a connection test has to say of the profile in use: what it only assumes, and what can't be taken back. */
export function profileChecks(
  { name, facts }: TargetProfile,
  { provision, api }: { readonly provision: { readonly onRemoval: unknown }; readonly api?: ApiSettings | undefined },
): readonly Check[] {
  const half = secondHalfOf(facts, api);
  const assumed = Object.entries(facts).flatMap(([fact, { evidence }]) => (evidence === "assumed" ? [fact] : []));
  const detail =
    assumed.length === 0
      ? `All facts of the profile ${name} were verified.`
      : `Of the profile ${name} these facts are only assumed: ${assumed.join(", ")}. Watch the records of the first push.`;
  return [
    { name: "profile", ok: true, detail },
    ...removalChecks({ name, facts: half === null ? facts : factsWith(facts, half) }, provision.onRemoval),
  ];
}

function removalChecks({ name, facts }: Pick<TargetProfile, "name" | "facts">, onRemoval: unknown): readonly Check[] {
  const deletes = onRemoval !== "deactivate" || facts.deactivate.value === "delete";
  const sentences = [
    ...(facts.deactivate.value === "delete"
      ? [
          `${name} knows no inactive accounts: who is disabled, leaves or is out of the target's scope is deleted there.`,
        ]
      : []),
    ...(deletes && facts.deleteUser.value === "irreversible"
      ? [`Warning: a user who is deleted at ${name} can't be had back; "onRemoval": "deactivate" keeps him, inactive.`]
      : []),
    ...(deletes && facts.deleteUser.value === "deactivates" ? [`${name} keeps who is deleted, as inactive.`] : []),
  ];
  return sentences.length === 0 ? [] : [{ name: "removals", ok: true, detail: sentences.join(" ") }];
}
