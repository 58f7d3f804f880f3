import type { Json, JsonObject } from "../lib/json.ts";
import type { Facts } from "./facts.ts";
import type { Mapped } from "./mapping.ts";
import type { Place } from "./place.ts";
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
  const groups = groupByAttribute(slots.toSorted(compareSlots));
  // What could be seen is the same for all records of a read, but for those of people who agreed to something: of these it
  // is the same for all who agreed to the same.
  const writersBySight = new WeakMap<object, readonly Writer[]>();
  return (facts) => {
    const { unseenFields, consent } = facts.source;
    let writers = writersBySight.get(consent ?? unseenFields);
    if (!writers) {
      writers = groups.map((group) =>
        makeWriter(group.map((slot) => makeEvaluator(slot, unseenFields, consent?.withdrawn))),
      );
      writersBySight.set(consent ?? unseenFields, writers);
    }
    const draft: Draft = {
      ...(consent === undefined ? {} : { consent: { given: [], withdrawn: [] } }),
      document: {},
      keep: [],
      createOnly: [],
      sources: {},
      problems: [],
      warnings: [],
      unique: [],
    };
    for (const write of writers) write(facts, draft);
    checkRequired(required, draft);
    return draft;
  };
}

type Writer = (facts: Facts, draft: Draft) => void;

interface Evaluator {
  readonly slot: Slot;
  evaluate(facts: Facts, draft: Draft): Json | undefined;
}

function makeEvaluator(slot: Slot, unseen: ReadonlySet<string>, withdrawn?: ReadonlySet<string>): Evaluator {
  const sight = slot.rule.sight(unseen, withdrawn);
  return { slot, evaluate: (facts, draft) => evaluateSlot(slot, sight, facts, draft) };
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

function makeWriter(evaluators: readonly Evaluator[]): Writer {
  const [first] = evaluators;
  if (!first) return () => {};
  const { place } = first.slot;
  if (place.filter) return elementWriter(evaluators, place);
  return place.sub ? complexWriter(evaluators, place) : simpleWriter(first, place);
}

function simpleWriter({ evaluate }: Evaluator, { extension, attribute: { name } }: Place): Writer {
  return (facts, draft) => {
    const value = evaluate(facts, draft);
    if (value !== undefined) containerOf(draft.document, extension)[name] = value;
  };
}

function complexWriter(evaluators: readonly Evaluator[], { extension, attribute: { name } }: Place): Writer {
  const parts = namedParts(evaluators);
  return (facts, draft) => {
    const complex: Record<string, Json> = {};
    let filled = false;
    for (const { part, evaluate } of parts) {
      const value = evaluate(facts, draft);
      if (value === undefined) continue;
      complex[part] = value;
      filled = true;
    }
    if (filled) containerOf(draft.document, extension)[name] = complex;
  };
}

// An element is there when it has a `value`; of attributes without one (addresses) when a part that is no constant has.
function elementWriter(evaluators: readonly Evaluator[], { extension, attribute: { name }, filter }: Place): Writer {
  const parts = namedParts(evaluators);
  const valuePart = parts.find(({ part }) => part === "value");
  const others = parts.filter((each) => each !== valuePart);
  return (facts, draft) => {
    const element: Record<string, Json> = {};
    if (valuePart) {
      const value = valuePart.evaluate(facts, draft);
      if (value === undefined) return;
      element["value"] = value;
    }
    let filled = valuePart !== undefined;
    for (const { sub, value } of filter ?? []) element[sub] = value;
    for (const { part, evaluate, isConstant } of others) {
      const value = evaluate(facts, draft);
      if (value === undefined) continue;
      element[part] = value;
      if (!isConstant) filled = true;
    }
    if (filled) addElement(containerOf(draft.document, extension), name, element);
  };
}

function namedParts(evaluators: readonly Evaluator[]) {
  return evaluators.flatMap(({ slot: { place, rule }, evaluate }) =>
    place.sub ? [{ part: place.sub.name, isConstant: rule.isConstant, evaluate }] : [],
  );
}

// RFC 7643 §2.4: at most one element is primary. The first one stays it.
function addElement(container: Record<string, Json>, name: string, element: Record<string, Json>): void {
  const elements = container[name];
  if (!Array.isArray(elements)) {
    container[name] = [element];
    return;
  }
  if (element["primary"] === true && elements.some(isPrimary)) delete element["primary"];
  elements.push(element);
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

function checkRequired(required: readonly Requirement[], { document, problems }: Draft): void {
  for (const { extension, name, pointer } of required) {
    const container = extension === null ? document : (document[extension] as JsonObject | undefined);
    // An extension without any value is not there at all, and lacks nothing.
    if (container && container[name] === undefined) {
      problems.push({ pointer, detail: `${name} is required and has no value` });
    }
  }
}
