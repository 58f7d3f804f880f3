import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { nonsense, processObjectAnswer, type ScimAnswer } from "../scim/answer.ts";
import type { Connection } from "../scim/connection.ts";

/** A page of the users of an organization. */
export interface UserPage {
  readonly users: readonly JsonObject[];
  /** Whether there are more pages. */
  readonly more: boolean;
}

/**
 * What is used of Casdoor's own API: its users, of one organization (controllers/user.go). Answers are HTTP 200 also
 * where they are refusals: `{ "status": "error", "msg": … }` (controllers/util.go). Every method throws a `TargetError`.
 */
export interface CasdoorApi {
  /** The user as Casdoor stores it, secrets masked; null: the organization has none with this id. */
  user(id: string, signal: AbortSignal): Promise<JsonObject | null>;
  /** @param number from 1 on */
  page(number: number, size: number, signal: AbortSignal): Promise<UserPage>;
  /**
   * Writes some columns of a user.
   *
   * @param user as it was read, with what is to change. Not a part of it: for an administrator Casdoor adds columns to
   * those that are named (`name`, `id`, `email`, `phone`, `country_code`, `type`, and in newer versions more), and what
   * the body lacks is emptied (object/user.go, UpdateUser)
   * @returns false where the database says that no row changed
   */
  update(user: JsonObject, columns: readonly string[], signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** @param connection to `https://host/api`, without the `userId` that SCIM wants: here it would choose the user */
export function makeCasdoorApi(connection: Connection, owner: string): CasdoorApi {
  return {
    async user(id, signal) {
      const query = { owner, userId: id };
      const answer = await connection.send({ method: "GET", collection: "get-user", query, lookedFor: id }, signal);
      return processUserAnswer(answer, id);
    },

    async page(number, size, signal) {
      const query = { owner, p: String(number), pageSize: String(size) };
      const answer = await connection.send({ method: "GET", collection: "get-users", query }, signal);
      return processPageAnswer(answer, number * size);
    },

    async update(user, columns, signal) {
      const request = {
        method: "POST",
        collection: "update-user",
        query: updateQuery(user, columns),
        body: user,
      } as const;
      return processUpdateAnswer(await connection.send(request, signal));
    },

    close: () => connection.close(),
  };
}

/** The query of `update-user`. */
export function updateQuery(user: JsonObject, columns: readonly string[]): Readonly<Record<string, string>> {
  const id = `${String(member(user, "owner"))}/${String(member(user, "name"))}`;
  return { id, columns: columns.join(","), allowEmpty: "1" };
}

function processUserAnswer(answer: ScimAnswer, id: string): JsonObject | null {
  // A refusal concerns this user; whether the credentials are good is asked with the list.
  const data = member(okAnswer(answer.status === 200 ? { ...answer, about: "resource" } : answer), "data") ?? null;
  if (data === null) return null;
  const names = isJsonObject(data) ? [member(data, "owner"), member(data, "name")] : [];
  if (!isJsonObject(data) || !names.every((name) => typeof name === "string" && name !== "")) {
    throw nonsense(answer, "the answer is no user");
  }
  if (member(data, "id") !== id) throw nonsense(answer, "the answer is another user than was asked for");
  return data;
}

function processPageAnswer(answer: ScimAnswer, upTo: number): UserPage {
  const body = okAnswer(answer);
  const data: Json = member(body, "data") ?? [];
  if (!Array.isArray(data)) throw nonsense(answer, "the answer is no list of users");
  const total = member(body, "data2");
  // Beyond its last page Casdoor answers that one again (beego's paginator).
  return { users: (data as readonly Json[]).filter(isJsonObject), more: typeof total === "number" && upTo < total };
}

function processUpdateAnswer(answer: ScimAnswer): boolean {
  return member(okAnswer(answer), "data") !== "Unaffected";
}

function okAnswer(answer: ScimAnswer): JsonObject {
  const body = processObjectAnswer(answer);
  if (member(body, "status") !== "ok") throw nonsense(answer, "the answer is none of Casdoor's API");
  return body;
}
