/** @file Where programs run: on the processor, or on a GPU by one of ONNX Runtime's providers. */

/** What is particular to a device. */
interface DeviceEntry {
  /** ONNX operations that its provider does not have; lowerings write them out in others. */
  readonly lacking: ReadonlySet<string>;
  /** Whether the state of a training stays on it between two steps. */
  readonly keepsState: boolean;
  /** What to do where it cannot be used. */
  readonly advice: string;
}

/** Name of a device. */
export type Device = "cpu" | "webgpu" | "cuda";

/** All devices. */
export const deviceTable: Readonly<Record<Device, DeviceEntry>> = {
  cpu: { lacking: new Set(), keepsState: false, advice: "reinstall onnxruntime-node" },
  webgpu: {
    // Its Split takes no more outputs than a shader has buffers, which are as few as eight.
    lacking: new Set(["FusedMatMul", "LogSoftmax", "Split"]),
    keepsState: true,
    advice:
      "it needs a GPU with Direct3D 12 on Windows, Metal on a Mac with Apple silicon, Vulkan on Linux x64; compute with device cpu",
  },
  cuda: {
    lacking: new Set(),
    keepsState: false,
    advice:
      "on Linux x64 with an NVIDIA GPU, CUDA 12 and cuDNN 9: ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node; else compute with device cpu",
  },
};

/** Where programs run, and with how many threads. */
export interface Compute {
  /** Threads of the processor; 0 = as many as the machine has cores. */
  readonly threads: number;
  readonly device: Device;
}
