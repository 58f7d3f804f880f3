import { InvalidArgumentError } from "commander";

/** How many of something, as an option says it. @throws InvalidArgumentError for what is no whole number from 1 on */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 on.");
  return Number(text);
}
