#include "core/device/arithmetic.h"

#include <ATen/Context.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include "core/error.h"

namespace torchwing {
namespace {

/// What LibTorch's settings are.
struct Settings {
  bool tf32_cudnn, tf32_cublas, benchmark, deterministic_cudnn, deterministic, warn_only, fill;

  static Settings read() {
    const at::Context& context = at::globalContext();
    return {.tf32_cudnn = context.allowTF32CuDNN(),
            .tf32_cublas = context.allowTF32CuBLAS(),
            .benchmark = context.benchmarkCuDNN(),
            .deterministic_cudnn = context.deterministicCuDNN(),
            .deterministic = context.deterministicAlgorithms(),
            .warn_only = context.deterministicAlgorithmsWarnOnly(),
            .fill = context.deterministicFillUninitializedMemory()};
  }

  void apply() const {
    at::Context& context = at::globalContext();
    // Only when it changes: LibTorch warns of these setters where the host uses the newer ones.
    if (tf32_cudnn != context.allowTF32CuDNN()) context.setAllowTF32CuDNN(tf32_cudnn);
    if (tf32_cublas != context.allowTF32CuBLAS()) context.setAllowTF32CuBLAS(tf32_cublas);
    context.setBenchmarkCuDNN(benchmark);
    context.setDeterministicCuDNN(deterministic_cudnn);
    context.setDeterministicAlgorithms(deterministic, warn_only);
    context.setDeterministicFillUninitializedMemory(fill);
  }
};

/// Process-wide, as the settings are.
struct Holds {
  std::mutex mutex;
  int count = 0;
  Arithmetic arithmetic;
  Settings before{};
};

Holds& holds() {
  static Holds holds;
  return holds;
}

/// cuBLAS repeats its sums only with workspaces of a fixed size, and LibTorch reads the variable itself,
/// once.
void requireWorkspace() {
  const char* const found = std::getenv("CUBLAS_WORKSPACE_CONFIG");
  const std::string_view value = found == nullptr ? "" : found;
  if (value == ":4096:8" || value == ":16:8") return;
  throw Error("INVALID_CONFIG",
              "Invalid value for \"deterministic\": received true while CUBLAS_WORKSPACE_CONFIG is " +
                  (found == nullptr ? std::string("not set") : "\"" + std::string(value) + "\"") +
                  ", expected :4096:8 or :16:8.",
              "Start the process with CUBLAS_WORKSPACE_CONFIG=:4096:8 in its environment; torchwing train "
              "--deterministic sets it itself.");
}

std::string textOf(const Arithmetic& arithmetic) {
  return std::string(arithmetic.tf32 ? "tf32" : "no tf32") +
         (arithmetic.deterministic ? ", deterministic" : ", not deterministic");
}

}  // namespace

ArithmeticHold::ArithmeticHold(const Arithmetic& arithmetic) {
  if (arithmetic.deterministic) requireWorkspace();
  const std::lock_guard lock(holds().mutex);
  if (holds().count > 0 && !(holds().arithmetic == arithmetic)) {
    throw Error("ARITHMETIC_CONFLICT",
                "This process computes with " + textOf(holds().arithmetic) + ", and is asked for " +
                    textOf(arithmetic) + " at the same time.",
                "LibTorch has one such setting per process: let one fit end first, or use another process.");
  }
  if (holds().count == 0) {
    Settings settings = holds().before = Settings::read();
    settings.benchmark = !arithmetic.deterministic;
    if (arithmetic.tf32) settings.tf32_cudnn = settings.tf32_cublas = true;
    if (arithmetic.deterministic) {
      settings.deterministic_cudnn = settings.deterministic = true;
      settings.warn_only = false;
      // No kernel reads what it has not written, and the filling costs a pass over each new tensor.
      settings.fill = false;
    }
    settings.apply();
    holds().arithmetic = arithmetic;
  }
  holds().count += 1;
}

ArithmeticHold::~ArithmeticHold() {
  const std::lock_guard lock(holds().mutex);
  if (--holds().count == 0) holds().before.apply();
}

}  // namespace torchwing
