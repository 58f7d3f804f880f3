import type { Section } from "./compile-section.ts";
import { parsePointer } from "./pointer.ts";
import type { MappingProblem } from "./problem.ts";
import type { Rule } from "./rule.ts";
import type { SectionName } from "./scope.ts";
import { deprecatedFields } from "./source-fields.ts";

/** What can be seen in the file alone: nothing is wrong, but it is surely not what was meant. */
export function findWarnings(
  sections: Readonly<Record<SectionName, Section | null>>,
  problemAt: (path: readonly (string | number)[], detail: string) => MappingProblem,
): readonly MappingProblem[] {
  const { user } = sections;
  const hasActive = user?.slots.some(({ place }) => place.key === "active") === true;
  const everybody = "there is no rule for active: everybody counts as active, also who is disabled in WeCom";
  return [...(user && !hasActive ? [problemAt(["user"], everybody)] : []), ...warningsOfRules(sections, problemAt)];
}

function warningsOfRules(
  sections: Readonly<Record<SectionName, Section | null>>,
  problemAt: (path: readonly (string | number)[], detail: string) => MappingProblem,
): readonly MappingProblem[] {
  return Object.values(sections).flatMap((section) =>
    (section?.slots ?? []).flatMap(({ pointer, rule }) => {
      const path = parsePointer(pointer);
      return [
        ...unreachableKeys(rule).map(([key, text]) =>
          problemAt([...path, "values", key], `never found: normalise makes ${JSON.stringify(text)} of it first`),
        ),
        ...rule.readers
          .filter(({ path: name }) => deprecatedFields.has(name))
          .map(({ path: name }) => problemAt(path, `WeCom calls ${name} deprecated: ${deprecatedFields.get(name)}`)),
      ];
    }),
  );
}

// A table is asked for what normalise has made; a key that normalise would change is never asked for.
function unreachableKeys({ normalisers, table }: Rule): readonly (readonly [string, string])[] {
  if (!table || normalisers.length === 0) return [];
  return [...table.keys()].flatMap((key) => {
    let text: unknown = key;
    for (const { apply } of normalisers) text = typeof text === "string" ? apply(text) : text;
    return typeof text === "string" && text !== key ? [[key, text] as const] : [];
  });
}
