import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { operations } from "../../src/tensor/index.ts";
import { describeOp } from "../support/describe-op.ts";
import { operationCases } from "../support/op-cases.ts";

describe("the table of operations", () => {
  it("has a contract for every entry", () => {
    assert.deepEqual(Object.keys(operationCases).sort(), [...operations.keys()].sort());
  });
});
for (const [operation, cases] of Object.entries(operationCases)) describeOp(operation, cases);
