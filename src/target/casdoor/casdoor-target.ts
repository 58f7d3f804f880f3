import type { Check } from "../../lib/check.ts";
import { isJsonObject, type JsonObject, member } from "../../lib/json.ts";
import { enterpriseUserSchema } from "../../scim/resource.ts";
import {
  fieldValue,
  type SecondAttribute,
  type SecondHalf,
  secondSchemas,
  shownWith,
  splitOperations,
} from "../second-half.ts";
import { type Attempt, type PatchOperation, type RemoteResource, type Target, TargetError } from "../target.ts";
import type { CasdoorApi } from "./casdoor-api.ts";

/** Users asked for per page: one is some 6 kB of JSON, of which a handful of fields is kept. */
const pageSize = 200;

/**
 * Casdoor's SCIM with its own API behind it, as one target: what the profile names goes by the API, and is read back from
 * it. Each method can be repeated. Where a change needs both, the API comes first: whoever is to be switched off must not
 * stay because SCIM dislikes his phone number.
 */
export function withCasdoorApi(scim: Target, api: CasdoorApi, half: SecondHalf): Target {
  const complete = async (found: RemoteResource, signal: AbortSignal): Promise<RemoteResource> => {
    if (!isOurs(found, half)) return found;
    const user = await api.user(found.id, signal);
    return user === null ? found : { ...found, document: shownWith(found.document, user, half) };
  };

  return {
    ...scim,

    async discover(signal) {
      const capabilities = await scim.discover(signal);
      await probe(api, signal);
      const { schemas } = capabilities;
      return { ...capabilities, schemas: schemas && new Map([...schemas, ...secondSchemas(half)]) };
    },

    async probe(signal) {
      await scim.probe(signal);
      await probe(api, signal);
    },

    async test(signal, ours) {
      const { checks } = await scim.test(signal, ours);
      const all = [...checks, await apiCheck(api, half, signal)];
      return { ok: all.every(({ ok }) => ok), checks: all };
    },

    async modify(type, id, operations, signal) {
      const parts = splitOperations(half, type, operations);
      if (parts.api.length > 0) await change(api, id, parts.api, signal);
      if (parts.scim.length > 0) await scim.modify(type, id, parts.scim, signal);
    },

    async read(type, id, signal) {
      const found = await scim.read(type, id, signal);
      return found === null || type !== "User" ? found : complete(found, signal);
    },

    async find(type, attribute, value, signal) {
      const found = await scim.find(type, attribute, value, signal);
      if (type !== "User") return found;
      const completed: RemoteResource[] = [];
      for (const each of found) completed.push(await complete(each, signal));
      return completed;
    },

    async *list(type, signal, attempt) {
      if (type !== "User") return yield* scim.list(type, signal, attempt);
      const fields = makeLookAhead(api, half, signal, attempt ?? ((ask) => ask()));
      for await (const page of scim.list(type, signal, attempt)) {
        const completed: RemoteResource[] = [];
        for (const each of page) {
          const user = isOurs(each, half) ? await fields(each.id) : null;
          completed.push(user === null ? each : { ...each, document: shownWith(each.document, user, half) });
        }
        yield completed;
      }
    },

    async close() {
      await Promise.all([scim.close(), api.close()]);
    },
  };
}

/** SCIM shows the people of all organizations, the API is asked for those of one. */
function isOurs({ document }: RemoteResource, { owner }: SecondHalf): boolean {
  const enterprise = member(document, enterpriseUserSchema);
  return isJsonObject(enterprise) && member(enterprise, "organization") === owner;
}

/** Finds out whether the API takes the credentials, before anything is sent. */
async function probe(api: CasdoorApi, signal: AbortSignal): Promise<void> {
  await api.page(1, 1, signal);
}

async function apiCheck(api: CasdoorApi, { attributes }: SecondHalf, signal: AbortSignal): Promise<Check> {
  const name = "api";
  try {
    await probe(api, signal);
    const fields = attributes.map(({ field }) => field).join(", ");
    return { name, ok: true, detail: `The product's own API answers; it is used for ${fields}.` };
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    const advice = "Check api.baseUrl, and that the credentials may use the API: see the recipe of the product";
    return { name, ok: false, detail: `${error.message.replace(/\.$/, "")}. ${advice}.` };
  }
}

/** Reads the user whole and writes it back with the columns that differ: none, and nothing is written. */
async function change(
  api: CasdoorApi,
  id: string,
  changes: readonly { readonly attribute: SecondAttribute; readonly operation: PatchOperation }[],
  signal: AbortSignal,
): Promise<void> {
  const user = await api.user(id, signal);
  if (user === null) {
    const words = "GET /get-user: the organization has no user with this id (any more)";
    throw new TargetError("missing", words, { status: 404 });
  }
  const fields = changes.map(({ attribute, operation }) => ({ attribute, value: fieldValue(attribute, operation) }));
  if (fields.some(({ attribute, value }) => attribute.negated && !value) && member(user, "isDeleted") === true) {
    const words = "the account is marked as deleted in Casdoor, which keeps it inactive: restore it there";
    throw new TargetError("refused", words);
  }
  const differing = fields.filter((each) => differs(user, each));
  if (differing.length === 0) return;
  const wanted = { ...user, ...Object.fromEntries(differing.map(({ attribute, value }) => [attribute.field, value])) };
  const columns = differing.map(({ attribute }) => attribute.column);
  if (await api.update(wanted, columns, signal)) return;
  // "Unaffected" is also what a database says of a row that was so already.
  const after = await api.user(id, signal);
  if (after === null || differing.some((each) => differs(after, each))) {
    throw new TargetError("refused", "POST /update-user: Casdoor says that nothing was changed");
  }
}

function differs(
  user: JsonObject,
  { attribute, value }: { readonly attribute: SecondAttribute; readonly value: string | boolean },
): boolean {
  return (member(user, attribute.field) ?? (attribute.negated ? false : "")) !== value;
}

/**
 * The users of the API beside those of SCIM, page by page. Both lists have the newest first, so that what is read ahead
 * is little; whoever is not met in it is asked for by himself, so that nothing depends on the order.
 */
function makeLookAhead(
  api: CasdoorApi,
  { attributes }: SecondHalf,
  signal: AbortSignal,
  attempt: Attempt,
): (id: string) => Promise<JsonObject | null> {
  const ahead = new Map<string, JsonObject>();
  const names = attributes.map(({ field }) => field);
  let number = 0;
  let more = true;
  return async (id) => {
    while (more && !ahead.has(id)) {
      number += 1;
      const page = await attempt(() => api.page(number, pageSize, signal));
      for (const user of page.users) ahead.set(String(member(user, "id")), some(user, names));
      more = page.more;
    }
    const found = ahead.get(id);
    ahead.delete(id);
    return found ?? attempt(() => api.user(id, signal));
  };
}

function some(user: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(user).filter(([name]) => names.includes(name)));
}
