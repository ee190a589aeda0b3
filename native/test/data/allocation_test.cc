// What a worker asks the system for: nothing, once it has seen a few images. And the bound on what a decoder
// may take.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/data/decoder.h"
#include "core/data/loader.h"
#include "core/data/sample_maker.h"
#include "core/error.h"
#include "core/out_of_memory.h"
#include "drawn_files.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TORCHWING_COUNTS_ALLOCATIONS 0  // a sanitizer brings a malloc of its own
#else
#define TORCHWING_COUNTS_ALLOCATIONS 1

namespace {
std::atomic<std::int64_t> allocations{0};

/// What no allocation may be larger than; the system then says no.
std::atomic<std::size_t> largest{std::numeric_limits<std::size_t>::max()};

bool granted(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return bytes <= largest.load(std::memory_order_relaxed);
}
}  // namespace

// glibc lets a program replace its malloc (glibc manual, "Replacing malloc"); the image libraries then call
// this one too.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
  return granted(bytes) ? __libc_malloc(bytes) : nullptr;
}
void* calloc(std::size_t count, std::size_t bytes) {
  return granted(count * bytes) ? __libc_calloc(count, bytes) : nullptr;
}
void* realloc(void* block, std::size_t bytes) {
  return granted(bytes) ? __libc_realloc(block, bytes) : nullptr;
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return granted(bytes) ? __libc_memalign(alignment, bytes) : nullptr;
}
}
#endif

namespace torchwing {
namespace {

const JpegForm kBaseline{"4:2:0", 3, 2, 2, false, 0};
const JpegForm kProgressive{"4:2:0, progressive", 3, 2, 2, true, 0};
const JpegForm kCmyk{"CMYK", 4, 1, 1, false, 0};

#if TORCHWING_COUNTS_ALLOCATIONS
class Files {
 public:
  Files()
      : folder_(std::filesystem::temp_directory_path() /
                ("torchwing-allocation-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  Sample write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return {folder_ / name, 0, nullptr};
  }

 private:
  std::filesystem::path folder_;
};

LoaderOptions optionsFor(const Files& files) {
  LoaderOptions options;
  for (int i = 0; i < 6; ++i) {
    const Size size{180 + 37 * i, 240 - 19 * i};
    const std::string number = std::to_string(i);
    options.samples.push_back(files.write("baseline" + number, drawJpeg(kBaseline, size)));
    options.samples.push_back(files.write("progressive" + number, drawJpeg(kProgressive, size)));
    options.samples.push_back(files.write("cmyk" + number, drawJpeg(kCmyk, size)));
    options.samples.push_back(files.write("rgba" + number, drawPng(false, size)));
    options.samples.push_back(files.write("gray16" + number, drawPng(true, size)));
  }
  options.transforms = {transform::RandomResizedCrop{64, 64}, transform::RandomHorizontalFlip{},
                        transform::ToTensor{}, transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.2F, 0.2F, 0.2F}}};
  return options;
}

/// How many times a worker takes memory in its fifth epoch over the samples.
std::int64_t ofWarmWorker(const LoaderOptions& options) {
  const Pipeline pipeline(options.transforms);
  DecodedCache cache(options.samples.size(), 0);
  SampleMaker maker(options, pipeline, cache);
  std::vector<std::uint8_t> target(pipeline.imageBytes());
  const auto epoch = [&](std::int64_t number) {
    for (std::size_t i = 0; i < options.samples.size(); ++i) {
      maker.make(static_cast<std::int64_t>(i), number, target.data());
    }
  };
  const std::int64_t before = allocations;
  for (std::int64_t warm_up = 0; warm_up < 4; ++warm_up) epoch(warm_up);
  EXPECT_GT(allocations - before, 0) << "nothing is counted";
  const std::int64_t warm = allocations;
  epoch(4);
  return allocations - warm;
}

TEST(Allocation, AWorkerTakesNoneForAnImageAfterItsFirstEpochs) {
  const Files files;
  EXPECT_EQ(ofWarmWorker(optionsFor(files)), 0);
}

TEST(Allocation, NorWithAnyTransform) {
  const Files files;
  LoaderOptions options = optionsFor(files);
  const Color gray{9, 9, 9};
  options.transforms = {transform::Pad{{3, 4, 5, 6}, PaddingMode::kReflect, gray},
                        transform::Resize{90, 0, 100},
                        transform::RandomRotation{{45, 45}, Interpolation::kBilinear, true, {}, gray},
                        transform::RandomCrop{64, 64, {8, 8, 8, 8}, true, PaddingMode::kEdge, gray},
                        transform::RandomHorizontalFlip{},
                        transform::RandomVerticalFlip{},
                        transform::ColorJitter{{transform::Range{0.6, 1.4}, transform::Range{0.6, 1.4},
                                                transform::Range{0.6, 1.4}, transform::Range{-0.1, 0.1}}},
                        transform::RandomGrayscale{},
                        transform::RandAugment{},
                        transform::TrivialAugmentWide{},
                        transform::ToTensor{},
                        transform::RandomErasing{1, {0.02, 0.33}, {0.3, 3.3}, std::nullopt}};
  EXPECT_EQ(ofWarmWorker(options), 0);
}

TEST(Allocation, ALoaderTakesAsMuchForALongEpochAsForAShortOne) {
  const Files files;
  LoaderOptions options = optionsFor(files);
  options.workers = 2;
  const auto ofWarmEpoch = [&](std::size_t images) {
    LoaderOptions given = options;
    given.samples.resize(images);
    Loader loader(given);
    std::int64_t before = 0;
    // Which worker meets which image is a matter of time, so each meets all of them in many short epochs.
    for (std::int64_t number = 0; number < 30; ++number) {
      before = allocations;
      loader.start(number);
      while (const Batch* batch = loader.next()) loader.release(batch);
    }
    return allocations - before;
  };
  EXPECT_LE(ofWarmEpoch(30), ofWarmEpoch(8) + 2);
}

/// A loader of one image for which memory runs out, whether bad images are left out or not.
class ALoaderWithoutMemory : public testing::TestWithParam<bool> {
 protected:
  ~ALoaderWithoutMemory() override { largest = std::numeric_limits<std::size_t>::max(); }

  /// What the loader says of an image while no allocation may be larger than `bytes`.
  static void expectRefusal(const Bytes& image, std::size_t bytes) {
    LoaderOptions options;
    options.samples = {{"large.jpg", 0, std::make_shared<const Bytes>(image)}};
    options.transforms = {transform::Resize{16, 16}, transform::ToTensor{}};
    options.batch_size = 3;
    options.workers = 1;
    options.skip_bad_images = GetParam();
    Loader loader(options);
    for (int round = 0; round < 2; ++round) {
      largest = bytes;
      loader.start(0);
      try {
        loader.next();
        ADD_FAILURE() << "expected OUT_OF_MEMORY";
      } catch (const OutOfMemory& error) {
        EXPECT_EQ(error.code(), "OUT_OF_MEMORY") << error.what();
        EXPECT_EQ(error.shortage().device, "cpu");
        EXPECT_EQ(error.shortage().batch_size, 3);
        EXPECT_STREQ(
            error.what(),
            "Memory ran out while image \"large.jpg\" was read, for a batch of 3 images, workers: 1.");
      }
    }
    largest = std::numeric_limits<std::size_t>::max();
    loader.start(0);
    const Batch* batch = loader.next();
    ASSERT_NE(batch, nullptr) << "the loader is of use again";
    EXPECT_EQ(batch->size, 1);
  }
};

INSTANTIATE_TEST_SUITE_P(BadImages, ALoaderWithoutMemory, testing::Bool(),
                         [](const auto& info) { return info.param ? "LeftOut" : "Refused"; });

TEST_P(ALoaderWithoutMemory, SaysSoOfADecodersMemory) {
  expectRefusal(drawJpeg(kProgressive, {1200, 900}), 1'000'000);
}

TEST_P(ALoaderWithoutMemory, SaysSoOfThePixels) {
  expectRefusal(drawJpeg(kBaseline, {1200, 900}), 2'000'000);
}

TEST_P(ALoaderWithoutMemory, TakesItAsNoFaultOfAPng) {
  expectRefusal(drawPng(false, {20'000, 16}), 100'000);
}

TEST(Allocation, TheDecodedCacheStaysAtWhatItHasWhenThereIsNoMoreMemory) {
  DecodedCache cache(2, std::int64_t{1} << 30);
  Image image;
  image.reset(1000, 1000);
  cache.keep(0, image.view());
  largest = 1'000'000;
  cache.keep(1, image.view());
  largest = std::numeric_limits<std::size_t>::max();
  EXPECT_NE(cache.find(0), nullptr);
  EXPECT_EQ(cache.find(1), nullptr);
  EXPECT_EQ(cache.bytes(), 3'000'000);
  EXPECT_FALSE(cache.open());
}
#endif

TEST(DecoderBytes, BoundWhatADecoderMayTake) {
  const Size size{640, 480};
  DecodeLimits limits;
  limits.decoder_bytes = 100'000;  // neither the coefficients nor libpng's window and rows fit
  for (const Bytes& bytes : {drawJpeg(kProgressive, size), drawPng(false, {20'000, 16})}) {
    Image image;
    Decoder(DecodeLimits{}).decode(bytes, "usual.jpg", image);
    try {
      Decoder(limits).decode(bytes, "hungry.jpg", image);
      FAIL() << "expected IMAGE_TOO_LARGE";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "IMAGE_TOO_LARGE");
      EXPECT_STREQ(error.what(),
                   "Image \"hungry.jpg\" is too large: its decoder needs more than 100000 bytes "
                   "(limits.decoderBytes).");
    }
  }
}

TEST(DecoderBytes, OneRefusedImageLeavesTheDecoderReadyForTheNext) {
  DecodeLimits limits;
  limits.decoder_bytes = 400'000;
  Decoder decoder(limits);
  Image image;
  for (int round = 0; round < 3; ++round) {
    EXPECT_THROW(decoder.decode(drawJpeg(kProgressive, {640, 480}), "hungry.jpg", image), Error);
    EXPECT_NO_THROW(decoder.decode(drawJpeg(kBaseline, {640, 480}), "usual.jpg", image));
  }
}

}  // namespace
}  // namespace torchwing
