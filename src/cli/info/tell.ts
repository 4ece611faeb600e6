/** @file How `symdiffuser info` learns what a path holds. */

/** Describe what a path holds: an object for programs, a text for people. */
export type Tell = (path: string) => Promise<{ readonly description: object; readonly text: string }>;
