import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { sourceQuery } from "../../api/queries.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { EditSource } from "./form/edit-source.tsx";
import { NewSource } from "./form/new-source.tsx";

/** The form of a source: step by step for a new one, whole for one that is there. */
export function SourceFormPage() {
  const { id } = useParams();
  return id === undefined ? <NewSource /> : <Existing id={id} />;
}

function Existing({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery({ ...sourceQuery(id), refetchInterval: false });
  if (error !== null && data === undefined) return <Failure error={error} onRetry={refetch} />;
  return data === undefined ? <Loading /> : <EditSource source={data} />;
}
