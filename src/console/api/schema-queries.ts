import { queryOptions } from "@tanstack/react-query";
import { ask, upload } from "./client.ts";
import type {
  FileDraft,
  FileVersion,
  FileVersionContent,
  MappingImpact,
  MappingPreview,
  Page,
  SchemaFile,
  SchemaFileContent,
} from "./views.ts";

// The files that people edit: mappings and extension schemas, with their versions.

/** As the folders are called, below `schemas/` and in the API. */
export type Kind = "mappings" | "extensions";

const path = (kind: Kind, name: string, rest = "") => `/${kind}/${encodeURIComponent(name)}${rest}`;

export const filesQuery = (kind: Kind) =>
  queryOptions({
    queryKey: [kind],
    queryFn: () => ask<Page<SchemaFile>>(`/${kind}?limit=500`),
    refetchInterval: 15_000,
  });

export const fileQuery = (kind: Kind, name: string) =>
  queryOptions({
    queryKey: [kind, name],
    queryFn: () => ask<SchemaFileContent>(path(kind, name)),
  });

export const versionsQuery = (kind: Kind, name: string) =>
  queryOptions({
    queryKey: [kind, name, "versions"],
    queryFn: () => ask<Page<FileVersion>>(path(kind, name, "/versions?limit=100")),
  });

export const versionQuery = (kind: Kind, name: string, version: number) =>
  queryOptions({
    queryKey: [kind, name, "versions", version],
    queryFn: () => ask<FileVersionContent>(path(kind, name, `/versions/${version}`)),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Saves a text as a draft, as it was written: with its comments, if it has some. */
export const saveDraft = (kind: Kind, name: string, text: string) =>
  upload<FileDraft>(path(kind, name), new Blob([text]), "application/json", "PUT");

/** @param expected the version that was in force when this was decided */
export const activate = (kind: Kind, name: string, version: number, expected: number | null) =>
  ask<SchemaFileContent>(path(kind, name, "/activate"), { method: "POST", body: { version, expected } });

export const previewOf = (name: string, body: unknown) =>
  ask<MappingPreview>(path("mappings", name, "/preview"), { method: "POST", body });

export const impactOf = (name: string, body: unknown) =>
  ask<MappingImpact>(path("mappings", name, "/impact"), { method: "POST", body });
