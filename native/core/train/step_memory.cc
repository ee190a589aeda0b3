#include "core/train/step_memory.h"

#include <optional>
#include <string>
#include <utility>

#include "core/device/memory_failure.h"
#include "core/out_of_memory.h"
#include "core/train/micro_batches.h"

namespace torchwing {
namespace {

/// Images that are computed at once.
std::int64_t largestPart(std::int64_t images, std::int64_t micro_batch) {
  return micro_batch == 0 || micro_batch >= images ? images : microBatches(images, micro_batch).front();
}

std::string batchText(std::int64_t images, std::int64_t micro_batch) {
  const std::string count = "a batch of " + std::to_string(images) + (images == 1 ? " image" : " images");
  const std::int64_t part = largestPart(images, micro_batch);
  return part == images ? count : count + " in parts of " + std::to_string(part);
}

}  // namespace

void refusePhase(const std::exception_ptr& failure, const PhaseOptions& options, c10::Device device,
                 std::int64_t batch_size) {
  std::optional<MemoryFailure> found = memoryFailure(failure, device);
  if (!found) std::rethrow_exception(failure);
  found->shortage.batch_size = batch_size;
  throw OutOfMemory(std::string("Memory ran out beside the steps of ") + phaseText(options.phase) +
                        " epoch " + std::to_string(options.epoch) + ", at batch size " +
                        std::to_string(batch_size) + ": " + found->reason + ".",
                    "Lower the batch size (--batch-size), or free memory for it.",
                    std::move(found->shortage));
}

void StepMemory::makeRoom(const std::exception_ptr& failure, std::int64_t step, std::int64_t images,
                          PhaseListener& listener) {
  std::optional<MemoryFailure> found = memoryFailure(failure, device_);
  if (!found) std::rethrow_exception(failure);
  const bool spared = spare_();
  releaseCachedMemory(device_);
  if (spared) return;
  const std::int64_t half = options_.auto_batch ? halvedMicroBatch(images, micro_batch_) : 0;
  if (half == 0) {
    found->shortage.batch_size = images;
    found->shortage.micro_batch = largestPart(images, micro_batch_);
    throw OutOfMemory(
        std::string("Memory ran out in ") + phaseText(options_.phase) + " step " + std::to_string(step) +
            " of epoch " + std::to_string(options_.epoch) + " on " + device_.str() + ", with " +
            batchText(images, micro_batch_) + ": " + found->reason + ".",
        options_.auto_batch ? "Lower the image size, or free memory for it."
                            : "Lower the batch size (--batch-size), or set autoBatch (--auto-batch), which "
                              "computes each batch in parts that fit.",
        std::move(found->shortage));
  }
  micro_batch_ = half;
  listener.onMicroBatch(half, images);
}

}  // namespace torchwing
