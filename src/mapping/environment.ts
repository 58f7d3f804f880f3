import { Environment } from "@marcbachmann/cel-js";
import { describeDepartment, describeSource, describeTag, type Facts, listExtattr } from "./facts.ts";
import { registerFunctions } from "./functions/functions.ts";
import { recordVariable, type ScopeName } from "./scope.ts";

/** The CEL environment of rules: names, functions, limits. Made on first use: it takes a while, and is the same for all. */
export function environmentOf(scope: ScopeName): Environment {
  const known = environments.get(scope);
  if (known) return known;
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 300, maxDepth: 32, maxListElements: 200, maxMapEntries: 200 },
  });
  environment.registerVariable(recordVariable[scope], "dyn");
  if (scope !== "resource") environment.registerVariable("source", "map");
  if (scope === "user") {
    environment.registerVariable("departments", "list<dyn>");
    environment.registerVariable("mainDepartment", "dyn");
    environment.registerVariable("tags", "list<dyn>");
    environment.registerVariable("extattr", "map");
  }
  if (scope === "department") environment.registerVariable("path", "string");
  registerFunctions(environment);
  environments.set(scope, environment);
  return environment;
}

const environments = new Map<ScopeName, Environment>();

/** Names that expressions of a scope can read. */
export const scopeVariables: Readonly<Record<ScopeName, readonly string[]>> = {
  user: ["member", "departments", "mainDepartment", "tags", "extattr", "source"],
  department: ["department", "path", "source"],
  tag: ["tag", "source"],
  resource: ["resource"],
};

/** The values of an evaluation. */
export function makeVariables(scope: ScopeName, facts: Facts): Record<string, unknown> {
  switch (scope) {
    case "user":
      return new UserVariables(facts) as unknown as Record<string, unknown>;
    case "department":
      return { department: facts.record, path: facts.path ?? "", source: describeSource(facts.source) };
    case "tag":
      return { tag: facts.record, source: describeSource(facts.source) };
    case "resource":
      return { resource: facts.record };
  }
}

// Getters, so that an expression pays only for the names that it reads.
class UserVariables {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  get member(): unknown {
    return this.#facts.record;
  }

  get extattr(): unknown {
    return listExtattr(this.#facts.record);
  }

  get departments(): unknown {
    return this.#facts.departments.map(describeDepartment);
  }

  get mainDepartment(): unknown {
    return this.#facts.mainDepartment && describeDepartment(this.#facts.mainDepartment);
  }

  /** Undefined where they are not known: what asks for them has no value then, whatever it would say of an empty list. */
  get tags(): unknown {
    return this.#facts.tags?.map(describeTag);
  }

  get source(): unknown {
    return describeSource(this.#facts.source);
  }
}
