import type { Json, JsonObject } from "../lib/json.ts";
import type { Facts } from "./facts.ts";
import type { Mapped, RecordProblem } from "./mapping.ts";
import type { Sight } from "./rule.ts";
import { type Draft, evaluateSlot, type Slot } from "./slot.ts";

/** What a resource must have: the path of the attribute, and the pointer of the rule that gives it. */
export interface Requirement {
  readonly extension: string | null;
  readonly name: string;
  readonly pointer: string;
}

/**
 * Joins the slots of a section to one pure function. Attributes come in a fixed order, whatever the order in the file:
 * core before extensions, by name.
 */
export function makeSection(slots: readonly Slot[], required: readonly Requirement[]): (facts: Facts) => Mapped {
  const sorted = slots.toSorted(compareSlots);
  const writers = groupByAttribute(sorted).map(makeWriter);
  let sights = sightsFor(sorted, new Set());
  let sightsOf: ReadonlySet<string> | null = null;
  return (facts) => {
    const { unseenFields } = facts.source;
    // The set is the same for all records of a read.
    if (sightsOf !== unseenFields) {
      sights = sightsFor(sorted, unseenFields);
      sightsOf = unseenFields;
    }
    const draft: Draft = { document: {}, keep: [], createOnly: [], sources: {}, warnings: [] };
    for (const write of writers) write(facts, sights, draft);
    return { ...draft, problems: missing(required, draft.document) };
  };
}

type Sights = ReadonlyMap<Slot, Sight>;
type Writer = (facts: Facts, sights: Sights, draft: Draft) => void;

function sightsFor(slots: readonly Slot[], unseen: ReadonlySet<string>): Sights {
  return new Map(slots.map((slot) => [slot, slot.rule.sight(unseen)]));
}

function compareSlots({ place: a }: Slot, { place: b }: Slot): number {
  if (a.extension !== b.extension) {
    if (a.extension === null) return -1;
    return b.extension === null || a.extension > b.extension ? 1 : -1;
  }
  return a.key < b.key ? -1 : 1;
}

function groupByAttribute(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const groups = new Map<string, Slot[]>();
  for (const slot of slots) {
    const { extension, attribute, filter } = slot.place;
    const key = JSON.stringify([extension, attribute.name, filter]);
    groups.set(key, [...(groups.get(key) ?? []), slot]);
  }
  return [...groups.values()];
}

function makeWriter(slots: readonly Slot[]): Writer {
  const [first] = slots;
  if (!first) return () => {};
  if (first.place.filter) return elementWriter(slots, first);
  return first.place.sub ? complexWriter(slots, first) : simpleWriter(first);
}

function simpleWriter(slot: Slot): Writer {
  const { extension, attribute } = slot.place;
  return (facts, sights, draft) => {
    const value = evaluateSlot(slot, sights.get(slot) ?? "all", facts, draft);
    if (value !== undefined) containerOf(draft.document, extension)[attribute.name] = value;
  };
}

function complexWriter(slots: readonly Slot[], { place: { extension, attribute } }: Slot): Writer {
  return (facts, sights, draft) => {
    const parts: Record<string, Json> = {};
    let filled = false;
    for (const slot of slots) {
      const value = evaluateSlot(slot, sights.get(slot) ?? "all", facts, draft);
      if (value === undefined || slot.place.sub === null) continue;
      parts[slot.place.sub.name] = value;
      filled = true;
    }
    if (filled) containerOf(draft.document, extension)[attribute.name] = parts;
  };
}

// An element is there when it has a `value`; of attributes without one (addresses) when a part that is no constant has.
function elementWriter(slots: readonly Slot[], { place: { extension, attribute, filter } }: Slot): Writer {
  const valueSlot = slots.find(({ place }) => place.sub?.name === "value");
  const others = slots.filter((slot) => slot !== valueSlot);
  return (facts, sights, draft) => {
    const element: Record<string, Json> = {};
    if (valueSlot) {
      const value = evaluateSlot(valueSlot, sights.get(valueSlot) ?? "all", facts, draft);
      if (value === undefined) return;
      element["value"] = value;
    }
    let filled = valueSlot !== undefined;
    for (const { sub, value } of filter ?? []) element[sub] = value;
    for (const slot of others) {
      const value = evaluateSlot(slot, sights.get(slot) ?? "all", facts, draft);
      if (value === undefined || slot.place.sub === null) continue;
      element[slot.place.sub.name] = value;
      if (!slot.rule.isConstant) filled = true;
    }
    if (filled) addElement(containerOf(draft.document, extension), attribute.name, element);
  };
}

// RFC 7643 §2.4: at most one element is primary. The first one stays it.
function addElement(container: Record<string, Json>, name: string, element: Record<string, Json>): void {
  const known = container[name];
  const elements: readonly Json[] = Array.isArray(known) ? known : [];
  if (element["primary"] === true && elements.some(isPrimary)) delete element["primary"];
  container[name] = [...elements, element];
}

function isPrimary(element: Json): boolean {
  return typeof element === "object" && element !== null && "primary" in element && element.primary === true;
}

function containerOf(document: Record<string, Json>, extension: string | null): Record<string, Json> {
  if (extension === null) return document;
  const known = document[extension] as Record<string, Json> | undefined;
  if (known) return known;
  const made: Record<string, Json> = {};
  document[extension] = made;
  return made;
}

function missing(required: readonly Requirement[], document: JsonObject): readonly RecordProblem[] {
  const problems: RecordProblem[] = [];
  for (const { extension, name, pointer } of required) {
    const container = extension === null ? document : (document[extension] as JsonObject | undefined);
    if (extension !== null && container === undefined) continue;
    if (container?.[name] === undefined) problems.push({ pointer, detail: `${name} is required and has no value` });
  }
  return problems;
}
