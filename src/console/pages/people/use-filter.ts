import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { PeopleFilter } from "../../api/people-queries.ts";

const names = ["source", "group", "q", "active"] as const;

/** What is looked for, kept in the address: it can be sent to somebody, and one can come back to it. */
export function useFilter(): readonly [PeopleFilter, (more: Readonly<Record<string, string | undefined>>) => void] {
  const [params, setParams] = useSearchParams();
  const filter = useMemo(() => {
    const said = names.flatMap((name) => {
      const value = params.get(name);
      return value === null || value === "" ? [] : [[name, value] as const];
    });
    return Object.fromEntries(said) as PeopleFilter;
  }, [params]);
  const change = (more: Readonly<Record<string, string | undefined>>) =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(more)) {
        if (value === undefined || value === "") next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  return [filter, change];
}
