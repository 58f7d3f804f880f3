import { contentHash } from "../lib/hash.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { safeParse } from "../lib/safe-parse.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";
import { KeySyntaxError } from "./attribute-key.ts";
import { checkTargetForm } from "./check-form.ts";
import { languageVersion } from "./compile.ts";
import type { Facts } from "./facts.ts";
import { type RuleForm, ruleForm } from "./format.ts";
import type { Locate } from "./json-text.ts";
import { findPlace, type Place } from "./place.ts";
import { MappingError, type Report } from "./problem.ts";
import { collectProblems } from "./problem-list.ts";
import { compileResourceReader } from "./resource-path.ts";
import { compileRule, type Rule } from "./rule.ts";
import type { RuleTools } from "./rule-tools.ts";
import { makeVocabulary } from "./vocabulary.ts";
import { writeAttribute } from "./write-attribute.ts";

/** What one target gets differently: pure functions over SCIM documents, which never throw. */
export interface TargetRules {
  /** Hash of all that shapes their results. */
  readonly version: string;
  adjustUser(document: JsonObject): JsonObject;
  adjustGroup(document: JsonObject): JsonObject;
}

export interface TargetRulesOptions {
  readonly catalog: SchemaCatalog;
  /** What problems call the file; `target` if left out. */
  readonly file?: string;
  /** Where the section stands in the file: put before every pointer. */
  readonly path?: readonly (string | number)[];
  readonly locate?: Locate;
}

/**
 * Compiles the rules that refine what one target gets: `{ "user": { "<attribute path>": rule | null }, "group": {…} }`.
 * A rule reads the SCIM document itself; where it has no value the attribute goes, or stays with `absent: "keep"`.
 * `null` removes the attribute. All rules see the document as it came, whatever the others make of it.
 *
 * @throws {MappingError} with the problems: all of them, or the first hundred
 */
export function compileTargetRules(section: unknown, options: TargetRulesOptions): TargetRules {
  const { catalog, file = "target", path = [], locate = null } = options;
  const { result, problems } = collectProblems(file, locate, (report) => {
    checkTargetForm(section, path, report);
    const written = isJsonObject(section) ? section : {};
    const user = compilePart(catalog, "User", member(written, "user"), [...path, "user"], report);
    const group = compilePart(catalog, "Group", member(written, "group"), [...path, "group"], report);
    return { user, group };
  });
  if (result === null || problems.length > 0) throw new MappingError(problems);
  const { user, group } = result;
  return {
    version: contentHash(canonicalJson({ languageVersion, user: user.shape, group: group.shape })),
    adjustUser: user.adjust,
    adjustGroup: group.adjust,
  };
}

interface Part {
  readonly adjust: (document: JsonObject) => JsonObject;
  readonly shape: readonly string[];
}

interface Change {
  readonly place: Place;
  /** Null: the attribute is removed. */
  readonly rule: Rule | null;
}

function compilePart(
  catalog: SchemaCatalog,
  type: ResourceType,
  rules: Json | undefined,
  path: readonly (string | number)[],
  report: Report,
): Part {
  const tools: RuleTools = {
    vocabulary: makeVocabulary("resource"),
    compileReader: (text) => compileResourceReader(catalog, type, text),
  };
  const changes = new Map<string, Change>();
  const shape: string[] = [];
  for (const [key, written] of isJsonObject(rules) ? Object.entries(rules) : []) {
    const here = [...path, key];
    const place = findWritable(catalog, type, key, written === null, (detail) => report(here, detail, { part: "key" }));
    if (!place) continue;
    if (changes.has(place.key)) report(here, "another key writes the same attribute", { part: "key" });
    const rule = written === null ? null : compileOne(tools, written, place, here, report);
    changes.set(place.key, { place, rule });
    shape.push(canonicalJson([place.key, place.leaf.type, written === null ? null : effective(written)]));
  }
  const ordered = [...changes.values()].toSorted((a, b) => (a.place.key < b.place.key ? -1 : 1));
  return { shape: shape.sort(), adjust: (document) => adjust(ordered, document) };
}

function compileOne(
  tools: RuleTools,
  written: Json,
  place: Place,
  path: readonly (string | number)[],
  report: Report,
): Rule | null {
  const form: RuleForm | undefined = safeParse(ruleForm, written).data;
  if (!form) return null;
  for (const key of ["apply", "unique"] as const) {
    if (form[key] !== undefined)
      report([...path, key], `${key} is for mapping files: a target gets what is in the directory`, { part: "key" });
  }
  return compileRule(tools, form, place, (below, detail, spot) => report([...path, ...below], detail, spot));
}

const identity = new Set(["id", "externalid", "schemas", "meta"]);

function findWritable(
  catalog: SchemaCatalog,
  type: ResourceType,
  key: string,
  isRemoval: boolean,
  complain: (detail: string) => void,
): Place | null {
  try {
    const place = findPlace(catalog, type, key, { wholeForRemoval: isRemoval });
    const name = place.attribute.name;
    if (place.extension === null && identity.has(name.toLowerCase()))
      complain(`${name} is how the resource is known again`);
    else if (place.extension === null && name === "active")
      // Who is active decides who counts as removed: the safeguards look at the directory, not at what rules make of it.
      complain("active is not for the rules of one target; who is outside of its scope is deactivated there");
    else if (isRemoval && place.attribute.required && (place.filter ?? place.sub) === null)
      complain(`${name} is required`);
    else return place;
  } catch (error) {
    if (!(error instanceof KeySyntaxError)) throw error;
    complain(error.message);
  }
  return null;
}

function effective(written: Json): Json {
  if (!isJsonObject(written)) return written;
  const { description: _, ...rest } = written;
  return rest;
}

const nowhere = { organization: null, namespace: null, unseenFields: new Set<string>() };
const alone = { departments: [], mainDepartment: null, tags: [], path: null, source: nowhere } as const;

function adjust(changes: readonly Change[], document: JsonObject): JsonObject {
  const facts: Facts = { ...alone, record: document };
  return changes.reduce((result, { place, rule }) => {
    const value = rule ? evaluate(rule, facts) : undefined;
    return value === undefined && rule?.keepAbsent ? result : writeAttribute(result, place, value);
  }, document);
}

function evaluate(rule: Rule, facts: Facts): Json | undefined {
  const raw = rule.when === null || rule.when(facts) ? rule.read(facts) : undefined;
  const value = raw === undefined ? rule.fallback : rule.transform(raw);
  return value === undefined ? undefined : rule.toType(value);
}
