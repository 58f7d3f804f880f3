/** Why something is ended that must not go on for a moment longer: what it has begun is not ours any more. */
export interface EndsAtOnce {
  readonly endsAtOnce: true;
}

/** @param reason that of an `AbortSignal` */
export function endsAtOnce(reason: unknown): boolean {
  return typeof reason === "object" && reason !== null && (reason as Partial<EndsAtOnce>).endsAtOnce === true;
}
