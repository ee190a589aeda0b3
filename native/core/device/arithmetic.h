#pragma once

namespace torchwing {

/// What is process-wide in LibTorch about how an accelerator computes.
struct Arithmetic {
  bool tf32 = false;           ///< float32 products may be rounded to TF32; false: PyTorch's own defaults
  bool deterministic = false;  ///< the same bits in each run; false: cuDNN chooses its kernels by trying them

  bool operator==(const Arithmetic&) const = default;
};

/// Holds LibTorch's process-wide settings at one Arithmetic while it lives; when the last hold is gone they
/// are what they were before the first. Any thread; nobody else in torchwing changes them.
class ArithmeticHold {
 public:
  /// Throws Error ARITHMETIC_CONFLICT while others hold another one, and INVALID_CONFIG when `deterministic`
  /// lacks what cuBLAS wants for it in the environment.
  explicit ArithmeticHold(const Arithmetic& arithmetic);
  ~ArithmeticHold();
  ArithmeticHold(const ArithmeticHold&) = delete;
  ArithmeticHold& operator=(const ArithmeticHold&) = delete;
};

}  // namespace torchwing
