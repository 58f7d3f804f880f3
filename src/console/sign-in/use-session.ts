import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries.ts";
import type { Session } from "../api/views.ts";

/** Who is signed in, behind the gate. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  return data ?? nobody;
}

/** For the moment in which a session ends, before the gate closes. */
const nobody: Session = { administrator: { id: "", name: "", role: "auditor" }, csrfToken: null, expiresAt: null };

/** An auditor sees everything and changes nothing. The server holds to that by itself; pages say it beforehand. */
export function useMayChange(): boolean {
  return useSession().administrator.role === "administrator";
}
