/** The first characters of a version's name: enough to tell two apart on a screen. */
export const shortVersion = (version: string) => version.slice(0, 8);
