#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/data/batch.h"
#include "core/data/decode_limits.h"
#include "core/data/images_under_way.h"
#include "core/data/resize_weights.h"
#include "core/data/transform_spec.h"

namespace torchwing {

/// One image: a file, or bytes already in memory (then `path` is only its name in messages).
struct Sample {
  std::string path;
  std::int64_t label = 0;
  std::shared_ptr<const std::vector<std::uint8_t>> bytes;
};

/// Whether photos are turned as their EXIF orientation says. torchvision does not turn them.
enum class ExifPolicy { kIgnore, kApply };

/// kScaled lets a JPEG decoder make a half, a quarter or an eighth of each side where the pipeline shrinks by
/// at least as much: quicker, other pixels.
enum class DecodeForm { kExact, kScaled };

struct LoaderOptions {
  std::vector<Sample> samples;
  std::vector<transform::Spec> transforms;
  std::int64_t batch_size = 4;
  int workers = 4;           ///< threads, alive as long as the loader; at least 1
  int prefetch_batches = 2;  ///< ring size is workers + this
  std::uint64_t seed = 0;
  bool shuffle = true;  ///< order drawn by the counter RNG from (seed, epoch); otherwise the list's order
  bool drop_last = false;
  bool skip_bad_images =
      false;  ///< leave an undecodable image out of its batch and count it, instead of IMAGE_DECODE
  DecodeLimits limits;
  ExifPolicy exif = ExifPolicy::kIgnore;
  DecodeForm decode = DecodeForm::kExact;
  ResizeArithmetic resize = ResizeArithmetic::kPillow;
  std::int64_t cache_bytes = 0;  ///< pixels of decoded images to keep for the next epochs; 0 keeps none
};

/// Seconds summed over all workers since start(), and what was left out.
struct LoaderCosts {
  double read = 0;
  double decode = 0;
  double resize = 0;
  double other_transforms = 0;
  std::int64_t images = 0;
  std::int64_t cache_hits = 0;        ///< images of these that needed no decoding
  std::int64_t cache_bytes = 0;       ///< held by the cache
  std::vector<std::int64_t> skipped;  ///< sample indices, ascending
};

/// One phase's samples, decoded and transformed on plain worker threads that hold no Tensor and call no ATen.
/// All methods but the workers' own run on one consumer thread. Batches come in order at any worker count,
/// with identical bytes: every random draw is keyed by (seed, epoch, sample index, operation).
class Loader {
 public:
  /// Starts the threads. Throws Error INVALID_CONFIG for a pipeline that gives images of no fixed size.
  explicit Loader(LoaderOptions options);
  /// Stops and joins the workers; one stuck in the kernel for over a second is abandoned, its state kept
  /// alive.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Batches in an epoch before any image is skipped.
  std::int64_t steps() const noexcept;
  std::int64_t sampleCount() const noexcept;
  /// Images of a full batch; fewer where there are no more samples.
  std::int64_t batchSize() const noexcept;
  BatchForm form() const noexcept;
  std::int64_t imageHeight() const noexcept;
  std::int64_t imageWidth() const noexcept;
  /// Only for BatchForm::kUint8.
  const NormalizeTable& table() const;

  /// `callback` runs on a worker thread each time the next batch in order may have become ready. Set before
  /// start().
  void onReady(std::function<void()> callback);

  /// Begins epoch `epoch` (0-based) at batch `start_step`, dropping whatever an unfinished epoch still held.
  void start(std::int64_t epoch, std::int64_t start_step = 0);
  /// Whether next() returns at once: a batch, the end, or an error is there. Any thread.
  bool ready() const;
  /// The next batch in order, waiting for it; nullptr at the end of the epoch or after cancel(). Throws Error
  /// (IMAGE_DECODE, IMAGE_TOO_LARGE, IMAGE_READ, …) naming the file. At most ring size batches may be held at
  /// once.
  const Batch* next();
  void release(const Batch* batch);
  /// Ends the epoch early; a next() that waits returns nullptr. Any thread.
  void cancel();
  LoaderCosts costs() const;
  /// Images that workers have been busy with for `seconds` or longer, the longest first: a disk that does not
  /// answer looks like this. Any thread.
  std::vector<ImageUnderWay> underWay(double seconds) const;
  /// Images left out of the batches that next() has given or passed over since start().
  std::int64_t skipped() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> threads_;
};

}  // namespace torchwing
