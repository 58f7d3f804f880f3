import type { Schema } from "./attribute.ts";
import { type Model, type Models, makeModels, withExtension } from "./model.ts";

/** The models of a service provider that learns: each request finds them as they are at that moment. */
export class KnownModels implements Models {
  #models: Models;

  constructor(options: Parameters<typeof makeModels>[0]) {
    this.#models = makeModels(options);
  }

  get User(): Model {
    return this.#models.User;
  }

  get Group(): Model {
    return this.#models.Group;
  }

  /** Takes the place of the schema with this URN, or comes new. What is held stays as it is. */
  define(extension: Schema): void {
    this.#models = withExtension(this.#models, extension);
  }
}
