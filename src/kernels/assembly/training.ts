export const TRAINING_KERNELS: i32 = 1;
