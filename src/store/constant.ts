import { CompiledQuery } from "kysely";

/** A statement as text, for those that run with each small write: building it would cost as much as running it. */
export function constant<R>(text: string, parameters: readonly unknown[] = []): CompiledQuery<R> {
  return CompiledQuery.raw(text, [...parameters]) as CompiledQuery<R>;
}
