#include "core/train/step_memory.h"

#include <optional>
#include <string>

#include "core/device/memory_failure.h"
#include "core/error.h"
#include "core/train/micro_batches.h"

namespace torchwing {
namespace {

std::string batchText(std::int64_t images, std::int64_t micro_batch) {
  const std::string count = "a batch of " + std::to_string(images) + (images == 1 ? " image" : " images");
  if (micro_batch == 0 || micro_batch >= images) return count;
  return count + " in parts of " + std::to_string(microBatches(images, micro_batch).front());
}

}  // namespace

void refusePhase(const std::exception_ptr& failure, const PhaseOptions& options, std::int64_t batch_size) {
  const std::optional<std::string> reason = memoryFailure(failure);
  if (!reason) std::rethrow_exception(failure);
  throw Error("OUT_OF_MEMORY",
              std::string("Memory ran out beside the steps of ") + phaseText(options.phase) + " epoch " +
                  std::to_string(options.epoch) + ", at batch size " + std::to_string(batch_size) + ": " +
                  *reason + ".",
              "Lower the batch size (--batch-size), or free memory for it.");
}

void StepMemory::halve(const std::exception_ptr& failure, std::int64_t step, std::int64_t images,
                       PhaseListener& listener) {
  const std::optional<std::string> reason = memoryFailure(failure);
  if (!reason) std::rethrow_exception(failure);
  releaseCachedMemory(device_);
  const std::int64_t half = options_.auto_batch ? halvedMicroBatch(images, micro_batch_) : 0;
  if (half == 0) {
    throw Error("OUT_OF_MEMORY",
                std::string("Memory ran out in ") + phaseText(options_.phase) + " step " +
                    std::to_string(step) + " of epoch " + std::to_string(options_.epoch) + " on " +
                    device_.str() + ", with " + batchText(images, micro_batch_) + ": " + *reason + ".",
                options_.auto_batch
                    ? "Lower the image size, or free memory for it."
                    : "Lower the batch size (--batch-size), or set autoBatch (--auto-batch), which computes "
                      "each batch in parts that fit.");
  }
  micro_batch_ = half;
  listener.onMicroBatch(half, images);
}

}  // namespace torchwing
