import type { JsonObject } from "../lib/json.ts";
import { member } from "../lib/json.ts";
import type { ConsentContext, SourceContext } from "../mapping/mapping.ts";
import type { RecordInput } from "../mapping/run-tests.ts";
import type { GivenFields } from "../store/store.ts";

// A person's record has a second origin: what he has given himself. It counts for the fields that the credential is not
// shown, and for no others; for those what was read is the truth, that there is nothing too.
//
//   the credential is shown the field   given now   given once   what the mapping sees
//   yes (of anybody)                    –           –            what was read
//   no                                  yes         –            what was read of him all the same, else what he gave
//   no                                  no          yes          no value, and seen: what was made from it goes
//   no                                  no          no           unknown: what is there stays

/**
 * A record as a mapping sees it, with what the person has given by consent.
 *
 * @param given null, or absent: he never agreed
 */
export function withConsent(record: RecordInput, given: GivenFields | null | undefined): RecordInput {
  if (record.kind !== "user" || given === null || given === undefined) return record;
  const { user, source } = record.input;
  const unseen = [...source.unseenFields];
  const shown = unseen.filter((field) => hasValue(member(user.raw, field)));
  const withdrawn = withdrawnOf(given, unseen, shown);
  const read = Object.fromEntries(Object.entries(user.raw).filter(([field]) => !withdrawn.includes(field)));
  const added = Object.entries(given.values).filter(([field]) => unseen.includes(field) && !shown.includes(field));
  const names = added.map(([field]) => field);
  const raw: JsonObject = { ...read, ...Object.fromEntries(added) };
  const context = contextOf(source, { given: names, withdrawn, seen: [...names, ...withdrawn, ...shown] });
  return { kind: "user", input: { ...record.input, user: { ...user, raw }, source: context } };
}

/**
 * Fields that he does not give any more, as far as the credential is not shown them of others. What WeCom goes on showing of
 * him after he has withdrawn everything here is shown because he agreed: it goes as well.
 */
function withdrawnOf(
  { values, withdrawn }: GivenFields,
  unseen: readonly string[],
  shown: readonly string[],
): readonly string[] {
  const gone = Object.keys(values).length === 0 ? [...withdrawn, ...shown] : withdrawn;
  return unseen.filter((field) => gone.includes(field));
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== "0" && value !== 0;
}

interface SeenOfHim {
  readonly given: readonly string[];
  readonly withdrawn: readonly string[];
  readonly seen: readonly string[];
}

// There are few combinations of fields, and compiled rules are kept for each of them.
const contexts = new WeakMap<SourceContext, Map<string, SourceContext>>();

function contextOf(source: SourceContext, { given, withdrawn, seen }: SeenOfHim): SourceContext {
  const known = contexts.get(source) ?? new Map<string, SourceContext>();
  contexts.set(source, known);
  const name = [given, withdrawn, seen].map((fields) => [...fields].sort().join(",")).join("|");
  const found = known.get(name);
  if (found !== undefined) return found;
  const consent: ConsentContext = { given: new Set(given), withdrawn: new Set(withdrawn) };
  const gone = new Set(seen);
  const unseenFields = new Set([...source.unseenFields].filter((field) => !gone.has(field)));
  const made = { ...source, unseenFields, consent };
  known.set(name, made);
  return made;
}
