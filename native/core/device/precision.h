#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

namespace torchwing {

/// What a forward pass computes in. kFp32: float32 with PyTorch's own settings. kTf32: float32 whose products
/// a CUDA device may round to TF32, in matrix products too. kBf16, kFp16: convolutions and matrix products in
/// 16 bits, by autocast; weights, gradients, BatchNorm's statistics and the loss stay float32.
enum class Precision { kFp32, kTf32, kBf16, kFp16 };

/// The 16-bit type that autocast casts to; nothing where there is no autocast.
std::optional<c10::ScalarType> castType(Precision precision) noexcept;

/// Whether this processor multiplies bfloat16 itself (AVX512-BF16; every one with AMX has it too).
bool cpuComputesBf16() noexcept;

/// Autocast for one kind of device, on this thread, while it lives; as torch.autocast(device_type, dtype). No
/// cast of a weight outlives the outermost one, so that a changed weight is cast anew.
class AutocastScope {
 public:
  /// Nothing: it changes nothing.
  AutocastScope(c10::DeviceType device, std::optional<c10::ScalarType> dtype);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  const c10::DeviceType device_;
  const bool active_;
  bool enabled_before_ = false;
  c10::ScalarType dtype_before_ = c10::ScalarType::Float;
};

}  // namespace torchwing
