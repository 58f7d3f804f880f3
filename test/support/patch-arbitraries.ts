import fc from "fast-check";
import type { JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { parseResource } from "../../src/scim/parse-resource.ts";
import { enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import type { ModelOperation, ModelTarget } from "./patch-model.ts";
import { refusalOf } from "./scim-write.ts";

// PATCH requests at random, for the server and the model to be compared.

const catalog = makeSchemaCatalog([]);

// Few different values, so that they meet.
/** What is there of text that is not empty. */
export const patchTexts = ["a", "A", "b", "c"] as const;
const text = fc.constantFrom(...patchTexts);
const nothing = fc.constantFrom(null, "");
const maybe = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: nothing });
const part = (value: fc.Arbitrary<unknown>) => fc.option(maybe(value), { nil: undefined });
const type = fc.constantFrom("work", "Work", "home");
const flag = fc.constantFrom(true, false, "True", "false");
const defined = <T extends object>(record: fc.Arbitrary<T>) =>
  record.map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const subsOf: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  name: { givenName: text, familyName: text },
  emails: { value: text, type, display: text, primary: flag },
  addresses: { locality: text, country: text, type, primary: flag },
  manager: { value: text },
};
const elementOf = (name: string) =>
  defined(fc.record(Object.fromEntries(Object.entries(subsOf[name] ?? {}).map(([sub, value]) => [sub, part(value)]))));
const listOf = (name: string) => fc.oneof(fc.array(elementOf(name), { maxLength: 3 }), elementOf(name));

const simpleValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  userName: text,
  title: maybe(text),
  active: maybe(flag),
};
const valueFor = (name: string): fc.Arbitrary<unknown> => {
  if (name === "emails" || name === "addresses") return maybe(listOf(name));
  if (name === "manager") return maybe(fc.oneof(text, elementOf(name)));
  return subsOf[name] ? maybe(elementOf(name)) : (simpleValues[name] ?? maybe(text));
};

const withValue = (target: ModelTarget, value: fc.Arbitrary<unknown>): fc.Arbitrary<ModelOperation> =>
  fc.record({ op: fc.constantFrom("add", "replace"), target: fc.constant(target), value });
const removal = (target: ModelTarget): fc.Arbitrary<ModelOperation> => fc.constant({ op: "remove", target });
const either = (target: ModelTarget, value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary: withValue(target, value) }, { weight: 1, arbitrary: removal(target) });

const place = fc.constantFrom<ModelTarget>(
  ...["userName", "title", "active", "name", "emails", "addresses"].map((attribute) => ({ attribute })),
  { extension: enterprise, attribute: "department" },
  { extension: enterprise, attribute: "manager" },
);
const wholeAttribute = place.chain((target) => either(target, valueFor(target.attribute ?? "")));
const singularPart = fc
  .constantFrom<ModelTarget>(
    { attribute: "name", sub: "givenName" },
    { attribute: "name", sub: "familyName" },
    { extension: enterprise, attribute: "manager", sub: "value" },
  )
  .chain((target) => either(target, maybe(text)));
const listName = fc.constantFrom("emails", "addresses");
const chosenElements = listName.chain((attribute) => {
  const subs = Object.keys(subsOf[attribute] ?? {});
  const valueOfSub = (sub: string) => subsOf[attribute]?.[sub] ?? text;
  const term = fc.constantFrom(...subs).chain((sub) => valueOfSub(sub).map((value) => ({ sub, value })));
  const filter = fc.uniqueArray(term, { minLength: 1, maxLength: 2, selector: ({ sub }) => sub });
  return fc.tuple(filter, fc.option(fc.constantFrom(...subs), { nil: undefined })).chain(([terms, sub]) => {
    const target = { attribute, filter: terms, ...(sub === undefined ? {} : { sub }) };
    return either(target, maybe(sub === undefined ? elementOf(attribute) : valueOfSub(sub)));
  });
});
const allElements = listName.chain((attribute) =>
  fc
    .constantFrom(...Object.keys(subsOf[attribute] ?? {}))
    .chain((sub) => either({ attribute, sub }, maybe(subsOf[attribute]?.[sub] ?? text))),
);
const discarded = listName.chain((attribute) => {
  // What chooses nothing is refused, which is another test.
  const pattern = elementOf(attribute).filter((element) =>
    Object.values(element).some((value) => value !== null && value !== ""),
  );
  return fc.record({
    op: fc.constant("remove" as const),
    target: fc.constant({ attribute }),
    value: fc.array(pattern, { maxLength: 2 }),
  });
});
const extensionObject = defined(fc.record({ department: part(text), manager: part(valueFor("manager")) }));
const wholeExtension = either({ extension: enterprise, attribute: null }, fc.oneof(extensionObject, fc.constant(null)));
const withoutPath: fc.Arbitrary<ModelOperation> = fc.record({
  op: fc.constantFrom("add", "replace"),
  target: fc.constant(null),
  value: defined(
    fc.record({
      title: part(text),
      active: part(flag),
      name: part(elementOf("name")),
      emails: part(listOf("emails")),
      [enterprise]: fc.option(extensionObject, { nil: undefined }),
    }),
  ),
});
/** One operation on a user. */
export const userOperation = fc.oneof(
  wholeAttribute,
  singularPart,
  { weight: 3, arbitrary: chosenElements },
  allElements,
  discarded,
  wholeExtension,
  withoutPath,
);

/** One operation on the members of a group. @param ids of whoever may be one */
export function groupOperation(ids: readonly string[]): fc.Arbitrary<ModelOperation> {
  const id = fc.constantFrom(...ids);
  const memberList = fc.oneof(
    fc.array(
      id.map((value) => ({ value })),
      { maxLength: 4 },
    ),
    id.map((value) => ({ value })),
    fc.constant([]),
  );
  return fc.oneof(
    withValue({ attribute: "members" }, memberList),
    removal({ attribute: "members" }),
    memberList.map((value): ModelOperation => ({ op: "remove", target: { attribute: "members" }, value })),
    id.map(
      (value): ModelOperation => ({
        op: "remove",
        target: { attribute: "members", filter: [{ sub: "value", value }] },
      }),
    ),
    fc.record({
      op: fc.constantFrom("add", "replace"),
      target: fc.constant(null),
      value: memberList.map((members) => ({ members })),
    }),
  );
}

/** A user as it is stored, or written. */
export const user = defined(
  fc.record({
    userName: text,
    title: part(text),
    active: part(fc.boolean()),
    name: part(elementOf("name")),
    emails: part(fc.array(elementOf("emails"), { maxLength: 4 })),
    addresses: part(fc.array(elementOf("addresses"), { maxLength: 3 })),
    [enterprise]: fc.option(extensionObject, { nil: undefined }),
  }),
)
  .filter((body) => refusalOf(() => parseResource(body, "User", catalog)) === null)
  .map((body) => parseResource(body, "User", catalog).document);

function printPath({ extension, attribute, filter, sub }: ModelTarget): string {
  if (attribute === null) return extension ?? "";
  const terms = filter?.map((term) => `${term.sub} eq ${JSON.stringify(term.value)}`).join(" and ");
  return `${extension ? `${extension}:` : ""}${attribute}${terms ? `[${terms}]` : ""}${sub ? `.${sub}` : ""}`;
}

export function toMessage(operations: readonly ModelOperation[]) {
  return {
    schemas: [patchOpSchema],
    Operations: operations.map(({ op, target, value }) => ({
      op,
      ...(target === null ? {} : { path: printPath(target) }),
      ...(value === undefined ? {} : { value }),
    })),
  };
}
