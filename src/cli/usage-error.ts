/** @file A command line that cannot be understood. */
import { SymdiffuserError } from "../tensor/index.ts";

/** Words or flags that a command does not know or lacks; printed with the command's usage, exit code 2. */
export class UsageError extends SymdiffuserError {
  /** `train`; empty for the program itself. */
  readonly command: string;

  constructor(command: string, message: string, options?: ErrorOptions) {
    super(`${command === "" ? "symdiffuser" : command}: ${message}`);
    this.command = command;
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}
