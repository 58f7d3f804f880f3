import { FieldError } from "../../directory/field-error.ts";
import { ScimError } from "../../scim/scim-error.ts";
import { invalid, ProblemError } from "../problem.ts";

/** Does something that speaks SCIM; its refusals become problems of this API, about this member of the body. */
export async function asProblems<T>(work: () => Promise<T>, pointer = ""): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FieldError) throw ofField(error, pointer);
    if (error instanceof ScimError) throw toProblem(error, pointer);
    throw error;
  }
}

function ofField({ status, message, field, rule }: FieldError, above: string): ProblemError {
  const item = { pointer: `${above}/${field}`, detail: rule };
  return status === 409 ? new ProblemError(409, "conflict", message, [item]) : invalid([item]);
}

function toProblem({ status, message }: ScimError, pointer: string): ProblemError {
  switch (status) {
    case 404:
      return new ProblemError(404, "not-found", message);
    case 403:
    case 409:
    case 412:
      return new ProblemError(409, "conflict", message);
    case 413:
      return new ProblemError(413, "too-large", message);
    default:
      return invalid([{ pointer, detail: message }]);
  }
}
