/** A start that failed for a reason outside the program, in a sentence for whoever started it. */
export class StartError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "StartError";
  }
}

/**
 * Resolves as `work` does; a failure becomes a {@link StartError}.
 *
 * @param says what failed and what to do about it, around the reason that the system gave
 */
export async function orStartError<T>(work: Promise<T>, says: (reason: string) => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(says(reasonOf(error)), error);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host name with several addresses fails with an AggregateError, which has a code and no words.
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return error.message === "" ? code : error.message;
}
