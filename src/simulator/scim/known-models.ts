import type { Schema } from "./attribute.ts";
import { type Model, type Models, makeModels, withExtension } from "./model.ts";

/** The models of a service provider that learns: each request finds them as they are at that moment. */
export class KnownModels implements Models {
  #models: Models;

  /** @param change what a product has in place of the plain schemas */
  constructor(options: Parameters<typeof makeModels>[0], change: (models: Models) => Models = (models) => models) {
    this.#models = change(makeModels(options));
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
