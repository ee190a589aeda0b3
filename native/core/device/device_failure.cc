#include "core/device/device_failure.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>

#include "core/first_line.h"

namespace torchwing {
namespace {

/// The errors behind which, by CUDA's documentation, every call of this process fails alike: an illegal
/// address, a launch that took too long, a failed assertion, what a kernel can do wrong otherwise, a lost
/// server of several processes.
constexpr std::array<std::int32_t, 11> kLost = {700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810};

}  // namespace

std::optional<DeviceFailure> deviceFailure(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const c10::AcceleratorError& error) {
    const std::int32_t code = error.get_error_code();
    const bool lost = std::find(kLost.begin(), kLost.end(), code) != kLost.end();
    return DeviceFailure{firstLine(error.what_without_backtrace()) + " (" + std::to_string(code) + ")",
                         lost ? "The device's state is lost for this process: start a new one, which goes on "
                                "from a checkpoint (--resume auto)."
                              : "If it comes again, start a new process, and look at `nvidia-smi`."};
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace torchwing
