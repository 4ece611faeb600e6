/** @file The one training loop: every stage of every model runs here, and can stop and go on bit for bit. */
import { existsSync } from "node:fs";
import {
  type BatchSpec,
  compileMicroBatches,
  initialState,
  namedParameters,
  type Parameters,
  rateAt,
  rateInput,
  type Stage,
  type TrainingState,
  trainingStep,
  unpackParameters,
} from "../nn/index.ts";
import {
  arrayOf,
  type Compute,
  compileStateful,
  FormatError,
  type NdArray,
  ndarray,
  readCheckpoint,
  StoppedError,
  writeCheckpoint,
} from "../tensor/index.ts";

/** One step, as it happened. */
export interface StepReport {
  readonly stage: string;
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** Where and how a stage is run. */
export interface LoopOptions extends Compute {
  /** File that holds the stage's state; null keeps none. */
  readonly checkpoint: string | null;
  /** Steps between two writings of that file. */
  readonly checkpointEvery: number;
  /** Names the run's data and settings: a state of another is refused. */
  readonly fingerprint: string;
  /** Asked after every step; true ends the loop with a {@link StoppedError}, its state saved. */
  readonly isStopped: () => boolean;
  readonly onStep: (report: StepReport) => void;
}

/** A finished stage. */
export interface Trained<P> {
  readonly parameters: P;
  /** Loss of every step. */
  readonly losses: Float32Array;
}

interface Progressed {
  readonly step: number;
  readonly state: TrainingState;
  readonly losses: Float32Array;
}

const stateNames = ["parameters", "first", "second", "average"] as const;

async function saved(file: string, stage: Stage, fingerprint: string): Promise<Progressed | null> {
  if (!existsSync(file)) return null;
  const checkpoint = await readCheckpoint(file);
  const { metadata } = checkpoint;
  if (metadata["stage"] !== stage.name || metadata["fingerprint"] !== fingerprint) {
    throw new FormatError(
      file,
      `expected a state of stage ${stage.name} of this run; got one of other data or settings`,
    );
  }
  const read = (name: string): NdArray<"f32"> => arrayOf(checkpoint, file, name, "f32");
  const losses = read("losses").data;
  const like = initialState(stage.parameters, stage.averageDecay !== null);
  const state = Object.fromEntries(stateNames.filter((name) => like[name]).map((name) => [name, read(name)]));
  for (const [name, array] of Object.entries(state)) {
    if (array.data.length !== like.parameters.data.length) {
      throw new FormatError(
        file,
        `expected ${like.parameters.data.length} numbers in "${name}"; got ${array.data.length}`,
      );
    }
  }
  return { step: losses.length, state: state as unknown as TrainingState, losses };
}

async function save(
  file: string,
  stage: Stage,
  fingerprint: string,
  { state, losses, step }: Progressed,
): Promise<void> {
  const layout = JSON.stringify([...namedParameters(stage.parameters)].map(([name, { shape }]) => [name, shape]));
  await writeCheckpoint(file, {
    arrays: { ...state, losses: ndarray(losses.slice(0, step), [step]) },
    metadata: { stage: stage.name, fingerprint, step: `${step}`, steps: `${stage.schedule.steps}`, layout },
  });
}

/** Train a stage to its end, from its saved state if there is one. */
export async function runStage<P extends Parameters, Batch extends BatchSpec>(
  stage: Stage<P, Batch>,
  { threads, device, checkpoint, checkpointEvery, fingerprint, isStopped, onStep }: LoopOptions,
): Promise<Trained<P>> {
  const { steps } = stage.schedule;
  const start = checkpoint ? await saved(checkpoint, stage as unknown as Stage, fingerprint) : null;
  const losses = new Float32Array(steps);
  if (start) losses.set(start.losses);
  const keepsAverage = stage.averageDecay !== null;
  let state: TrainingState = start?.state ?? initialState(stage.parameters, keepsAverage);
  let step = start?.step ?? 0;
  if (step < steps) {
    const program =
      device === "cpu"
        ? await compileMicroBatches(stage, state, threads)
        : await compileStateful(trainingStep(stage, stage.adamw, stage.averageDecay), { ...state }, { device });
    const write = async (): Promise<void> => {
      state = (await program.state()) as unknown as TrainingState;
      if (checkpoint) await save(checkpoint, stage as unknown as Stage, fingerprint, { step, state, losses });
    };
    try {
      let batch = stage.batches(step);
      while (step < steps) {
        const rate = rateInput(rateAt(stage.schedule, step), step, stage.adamw);
        const running = program.run({ rate, ...batch });
        // Drawn while the step is computed.
        if (step + 1 < steps) batch = stage.batches(step + 1);
        const { loss } = await running;
        losses[step++] = loss!.data[0]!;
        onStep({ stage: stage.name, step, steps, loss: losses[step - 1]! });
        if (step === steps || step % checkpointEvery === 0) await write();
        if (step < steps && isStopped()) {
          await write();
          throw new StoppedError(`stopped in stage ${stage.name} after step ${step} of ${steps}`);
        }
      }
    } finally {
      await program.release();
    }
  }
  return { parameters: unpackParameters(stage.parameters, keepsAverage ? state.average! : state.parameters), losses };
}
