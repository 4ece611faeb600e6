/** @file How far stages are: those that run side by side, as `head.0` and `head.1`, are told and timed as one task. */
import type { Stage } from "../nn/index.ts";
import type { StepReport } from "./loop.ts";

/** What stages that may run side by side have in common: of their names, what stands before the first dot. */
export function groupOf({ name }: Pick<Stage, "name">): string {
  return name.split(".")[0]!;
}

type Outline = Pick<Stage, "name" | "schedule">;

/** Tells of a task: `done` of `total` steps, and the loss of the last. */
export type TellSteps = (task: string, done: number, total: number, loss: number) => void;

/** Follows stages. */
export interface StageProgress {
  /** The stage begins; those of its group that have begun and not ended go on beside it. */
  begin(stage: Outline): void;
  step(report: StepReport): void;
  /** It is trained, by its steps or by those of an earlier run, or given up. */
  end(stage: Outline): void;
}

/** A stage alone is told by its name, several of a group by the group's. */
export function stageProgress(tell: TellSteps): StageProgress {
  interface Group {
    running: number;
    /** Of each stage. */
    readonly done: Map<string, number>;
    total: number;
  }
  const groups = new Map<string, Group>();
  return {
    begin: (stage) => {
      const name = groupOf(stage);
      const group = groups.get(name) ?? { running: 0, done: new Map(), total: 0 };
      group.running++;
      group.done.set(stage.name, 0);
      group.total += stage.schedule.steps;
      groups.set(name, group);
    },
    step: ({ stage, step, loss }) => {
      const name = groupOf({ name: stage });
      const { done, total } = groups.get(name)!;
      done.set(stage, step);
      const steps = [...done.values()].reduce((sum, one) => sum + one, 0);
      tell(done.size > 1 ? name : stage, steps, total, loss);
    },
    end: (stage) => {
      const name = groupOf(stage);
      const group = groups.get(name)!;
      // One that was trained before has told of no step.
      group.done.set(stage.name, stage.schedule.steps);
      if (--group.running === 0) groups.delete(name);
    },
  };
}

/**
 * Measures named parts of the work, in seconds; where parts of one name overlap, the time counts once.
 *
 * @param now  clock in ms
 */
export function stopwatch(now: () => number = () => performance.now()): {
  readonly timings: Record<string, number>;
  time<T>(name: string, work: () => Promise<T> | T): Promise<T>;
} {
  const timings: Record<string, number> = {};
  const running = new Map<string, { count: number; readonly start: number }>();
  return {
    timings,
    time: async (name, work) => {
      const own = running.get(name) ?? { count: 0, start: now() };
      own.count++;
      running.set(name, own);
      try {
        return await work();
      } finally {
        if (--own.count === 0) {
          running.delete(name);
          timings[name] = (timings[name] ?? 0) + (now() - own.start) / 1e3;
        }
      }
    },
  };
}
