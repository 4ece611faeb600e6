/** @file A block of a file that its codec cannot decode; the reader makes a FormatError of it, with file and offset. */
import { SymdiffuserError } from "../../tensor/index.ts";

export class CodecError extends SymdiffuserError {}
