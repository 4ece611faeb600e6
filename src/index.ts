/** @file The public interface of symdiffuser. */
export * from "./scene/index.ts";
