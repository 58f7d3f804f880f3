import { canonicalJson, isJsonObject, type JsonObject, member } from "../lib/json.ts";
import { jsonPointer } from "../lib/json-pointer.ts";
import { safeParse } from "../lib/safe-parse.ts";
import { findSubAttribute, type SchemaCatalog } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";
import { KeySyntaxError } from "./attribute-key.ts";
import type { Facts } from "./facts.ts";
import { memberForms, type RuleForm, ruleForm } from "./format.ts";
import type { Mapped, MemberRule } from "./mapping.ts";
import { findPlace, type Place } from "./place.ts";
import type { Report } from "./problem.ts";
import { compileSourceReader } from "./reader.ts";
import { compileRule } from "./rule.ts";
import type { RuleTools } from "./rule-tools.ts";
import type { SectionName } from "./scope.ts";
import { makeSection, type Requirement } from "./section.ts";
import { makeSlot, type Slot } from "./slot.ts";
import { makeVocabulary } from "./vocabulary.ts";

/** A part of a mapping file, compiled. */
export interface Section {
  readonly map: (facts: Facts) => Mapped;
  readonly members: MemberRule;
  /** Its rules, each at its place. */
  readonly slots: readonly Slot[];
  /** All that shapes its results, for the version. */
  readonly shape: unknown;
}

/**
 * Compiles `user`, `department` or `tag` of a mapping file. Problems that lie in the form of a rule are not reported
 * here (see check-form.ts), all others are.
 *
 * @returns null where the file has no such section
 */
export function compileSection(
  catalog: SchemaCatalog,
  name: SectionName,
  file: JsonObject,
  report: Report,
): Section | null {
  const rules = member(file, name);
  if (!isJsonObject(rules)) return null;
  const type: ResourceType = name === "user" ? "User" : "Group";
  const written = placeRules(catalog, type, name, rules, report);
  const vocabulary = makeVocabulary(name, readFieldNames(file));
  const tools: RuleTools = {
    vocabulary,
    compileReader: (path) => compileSourceReader(name, vocabulary, path),
  };
  const slots: Slot[] = [];
  const shape: unknown[] = [];
  for (const { place, form, path } of written) {
    if (!form) continue;
    const rule = compileRule(tools, form, place, (below, detail, spot) => report([...path, ...below], detail, spot));
    if (rule) slots.push(makeSlot(place, rule, path));
    const { description: _, ...effective } = form;
    shape.push([place.key, place.leaf.type, place.leaf.multiValued, effective]);
  }
  refuseElementsWithoutValue(written, report);
  const required = findRequirements(catalog, type, name, written, report);
  const members = readMembers(name, rules);
  const sorted = shape.map(canonicalJson).sort();
  return { map: makeSection(slots, required), members, slots, shape: { rules: sorted, required, members } };
}

interface WrittenRule {
  readonly place: Place;
  /** Null where the rule itself is malformed. */
  readonly form: RuleForm | null;
  readonly path: readonly string[];
}

/** Who a resource is must not depend on whether somebody thought of a rule for it. */
const defaultIdentity: Readonly<Record<SectionName, RuleForm>> = {
  user: { from: "userid" },
  department: { template: "department:{id}" },
  tag: { template: "tag:{tagid}" },
};

function placeRules(
  catalog: SchemaCatalog,
  type: ResourceType,
  section: SectionName,
  rules: JsonObject,
  report: Report,
): readonly WrittenRule[] {
  const written = new Map<string, WrittenRule>();
  for (const [key, rule] of Object.entries(rules)) {
    if (key === "members" && section !== "user") continue;
    const path = [section, key];
    const place = attempt(() => findPlace(catalog, type, key), path, report);
    if (!place) continue;
    // Values between brackets are compared without regard to case, as types are (RFC 7643 §2.4).
    const owner = written.get(place.key.toLowerCase());
    if (owner) report(path, `${jsonPointer(owner.path)} writes the same attribute`, { part: "key" });
    else written.set(place.key.toLowerCase(), { place, form: safeParse(ruleForm, rule).data ?? null, path });
  }
  if (!written.has("externalid")) {
    const place = findPlace(catalog, type, "externalId");
    written.set(place.key.toLowerCase(), { place, form: defaultIdentity[section], path: [section] });
  }
  return [...written.values()];
}

function attempt(find: () => Place, path: readonly string[], report: Report): Place | null {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof KeySyntaxError)) throw error;
    report(path, error.message, { part: "key" });
    return null;
  }
}

function readFieldNames(file: JsonObject): readonly string[] {
  const names = member(file, "fields");
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

function refuseElementsWithoutValue(written: readonly WrittenRule[], report: Report): void {
  const element = ({ place: { extension, attribute, filter } }: WrittenRule) =>
    JSON.stringify([extension, attribute.name, filter]);
  const complete = new Set(written.filter(({ place }) => place.sub?.name === "value").map(element));
  for (const rule of written) {
    const { filter, attribute, key } = rule.place;
    if (filter === null || findSubAttribute(attribute, "value") === null || complete.has(element(rule))) continue;
    complete.add(element(rule));
    report(rule.path, `the element has no value: add a rule for ${key.slice(0, key.lastIndexOf("]") + 1)}.value`, {
      part: "key",
    });
  }
}

// What the schemas require, and externalId, by which a resource is known again.
function findRequirements(
  catalog: SchemaCatalog,
  type: ResourceType,
  section: SectionName,
  written: readonly WrittenRule[],
  report: Report,
): readonly Requirement[] {
  const used = new Set(written.map(({ place }) => place.extension));
  const extensions = catalog.extensionsOf(type).filter(({ id }) => used.has(id));
  const scopes = [
    { extension: null, attributes: catalog.topAttributes(type) },
    ...extensions.map(({ id, attributes }) => ({ extension: id, attributes })),
  ];
  return scopes.flatMap(({ extension, attributes }) =>
    attributes.flatMap((attribute): Requirement[] => {
      const { name, required, mutability } = attribute;
      const isIdentity = extension === null && name === "externalId";
      if (!(required || isIdentity) || mutability === "readOnly" || name === "schemas") return [];
      const owner = written.find(({ place }) => place.extension === extension && place.attribute === attribute);
      if (!owner)
        report([section], `${extension === null ? "" : `${extension}:`}${name} is required: add a rule for it`);
      return [{ extension, name, pointer: jsonPointer(owner?.path ?? [section]) }];
    }),
  );
}

function readMembers(name: SectionName, rules: JsonObject): MemberRule {
  if (name === "user") return { users: false, groups: false };
  const { data } = safeParse(memberForms[name], member(rules, "members"));
  return data ? { users: data.users !== "none", groups: data.groups !== "none" } : { users: true, groups: true };
}
