import { queryOptions } from "@tanstack/react-query";
import { ask } from "./client.ts";
import type { CustomDepartment, Page } from "./views.ts";

// The people and departments of a custom source, which are written here.

export type ScimUser = Readonly<Record<string, unknown>> & { readonly id: string };

const path = (source: string, rest: string) => `/sources/${encodeURIComponent(source)}/${rest}`;

export const customDepartmentsQuery = (source: string) =>
  queryOptions({
    queryKey: ["custom", source, "departments"],
    queryFn: () => ask<Page<CustomDepartment>>(path(source, "groups")),
  });

export const customUserQuery = (source: string, user: string) =>
  queryOptions({
    queryKey: ["custom", source, "users", user],
    queryFn: () => ask<ScimUser>(path(source, `users/${encodeURIComponent(user)}`)),
  });

/** Makes a person, or replaces one (id). */
export const saveUser = (source: string, id: string | null, body: unknown) =>
  id === null
    ? ask<ScimUser>(path(source, "users"), { method: "POST", body })
    : ask<ScimUser>(path(source, `users/${encodeURIComponent(id)}`), { method: "PUT", body });

export const deleteUser = (source: string, id: string) =>
  ask<undefined>(path(source, `users/${encodeURIComponent(id)}`), { method: "DELETE" });

/** Makes a department, or changes one (id). */
export const saveDepartment = (source: string, id: string | null, body: unknown) =>
  id === null
    ? ask<CustomDepartment>(path(source, "groups"), { method: "POST", body })
    : ask<CustomDepartment>(path(source, `groups/${encodeURIComponent(id)}`), { method: "PATCH", body });

export const deleteDepartment = (source: string, id: string) =>
  ask<undefined>(path(source, `groups/${encodeURIComponent(id)}`), { method: "DELETE" });
