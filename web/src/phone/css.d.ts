import "react";

declare module "react" {
  interface CSSProperties {
    "--hue"?: number;
    /** How much of a sound was heard, 0–1. */
    "--heard"?: number;
    /** How loud a piece of a sound is, 0–1. */
    "--loud"?: number;
  }
}
