/** A file that is no text which could be read as CSV. The message says what to do, and holds nothing of the file. */
export class CsvError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CsvError";
  }
}
