import type en from "./messages/en.json";

// Keys of messages are checked by the compiler; test/console/messages.test.ts compares the languages.
declare module "use-intl" {
  interface AppConfig {
    Messages: typeof en;
    Locale: "en" | "zh";
  }
}
