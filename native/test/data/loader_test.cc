#include "core/data/loader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include "core/data/jpeg_encode.h"
#include "core/error.h"

namespace torchwing {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A JPEG whose pixels depend on `seed`.
std::shared_ptr<const Bytes> drawJpeg(int seed) {
  const int width = 40 + seed % 5, height = 30 + seed % 7;
  Bytes rgb(static_cast<std::size_t>(width * height * 3));
  for (std::size_t i = 0; i < rgb.size(); ++i)
    rgb[i] = static_cast<std::uint8_t>((i * (7U + seed % 3) + 31U * seed) % 251);
  return std::make_shared<const Bytes>(encodeJpeg(rgb.data(), width, height, 90));
}

LoaderOptions options(int count) {
  LoaderOptions options;
  for (int i = 0; i < count; ++i)
    options.samples.push_back({"image " + std::to_string(i), i % 3, drawJpeg(i)});
  options.transforms = {transform::RandomResizedCrop{16, 16}, transform::RandomHorizontalFlip{},
                        transform::ToTensor{}, transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.2F, 0.2F, 0.2F}}};
  options.seed = 9;
  return options;
}

/// Everything that an epoch delivers.
struct Delivered {
  std::vector<std::int64_t> labels, indices, sizes;
  Bytes pixels;
  bool operator==(const Delivered&) const = default;
};

Delivered deliver(Loader& loader, std::int64_t epoch, std::int64_t start_step = 0) {
  Delivered delivered;
  loader.start(epoch, start_step);
  while (const Batch* batch = loader.next()) {
    delivered.sizes.push_back(batch->size);
    delivered.labels.insert(delivered.labels.end(), batch->labels.begin(), batch->labels.end());
    delivered.indices.insert(delivered.indices.end(), batch->indices.begin(), batch->indices.end());
    const auto* bytes = static_cast<const std::uint8_t*>(batch->pixels);
    delivered.pixels.insert(delivered.pixels.end(), bytes,
                            bytes + batch->size * batch->height * batch->width * 3);
    loader.release(batch);
  }
  return delivered;
}

TEST(Loader, GivesTheSameBytesAtAnyNumberOfWorkers) {
  LoaderOptions one = options(23);
  one.workers = 1;
  Loader reference(one);
  const Delivered expected = deliver(reference, 2);
  EXPECT_EQ(expected.sizes, (std::vector<std::int64_t>{4, 4, 4, 4, 4, 3}));
  for (const int workers : {2, 3, 8}) {
    LoaderOptions many = options(23);
    many.workers = workers;
    Loader loader(many);
    EXPECT_EQ(deliver(loader, 2), expected) << workers << " workers";
  }
  EXPECT_NE(deliver(reference, 3), expected);
  EXPECT_EQ(deliver(reference, 2), expected) << "an epoch does not depend on those before it";
}

TEST(Loader, BeginsAtAnyStepWithTheSameBatches) {
  Loader loader(options(23));
  const Delivered all = deliver(loader, 0);
  const Delivered rest = deliver(loader, 0, 4);
  EXPECT_EQ(rest.indices, std::vector<std::int64_t>(all.indices.begin() + 16, all.indices.end()));
}

TEST(Loader, GivesTheSameBytesFromItsCache) {
  Loader plain(options(23));
  LoaderOptions given = options(23);
  given.cache_bytes = 1 << 20;
  Loader cached(given);
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_EQ(deliver(cached, epoch), deliver(plain, epoch)) << "epoch " << epoch;
    EXPECT_EQ(cached.costs().cache_hits, epoch == 0 ? 0 : 23);
    EXPECT_EQ(plain.costs().cache_hits, 0);
  }
  std::int64_t pixels = 0;
  for (int i = 0; i < 23; ++i) pixels += (40 + i % 5) * (30 + i % 7);  // the sizes that drawJpeg gives
  EXPECT_EQ(cached.costs().cache_bytes, 3 * pixels);
  EXPECT_EQ(plain.costs().cache_bytes, 0);
}

TEST(Loader, GivesTheSameScaledBytesWithAndWithoutACache) {
  LoaderOptions given = options(23);
  given.decode = DecodeForm::kScaled;
  Loader plain(given);
  Loader exact(options(23));
  for (const std::int64_t bytes : {20'000, 1 << 20}) {
    given.cache_bytes = bytes;
    Loader cached(given);
    for (std::int64_t epoch = 0; epoch < 4; ++epoch) {
      const Delivered expected = deliver(plain, epoch);
      EXPECT_NE(expected, deliver(exact, epoch)) << "nothing is scaled";
      EXPECT_EQ(deliver(cached, epoch), expected) << bytes << " bytes, epoch " << epoch;
    }
    EXPECT_GT(cached.costs().cache_hits, 0);
    EXPECT_LT(cached.costs().cache_hits, 23);
  }
}

TEST(Loader, KeepsNoMoreThanTheLimitOfItsCache) {
  LoaderOptions given = options(23);
  given.cache_bytes = 20'000;
  Loader loader(given);
  Loader plain(options(23));
  deliver(loader, 0);
  const std::int64_t kept = loader.costs().cache_bytes;
  EXPECT_GT(kept, 10'000);
  EXPECT_LE(kept, 20'000);
  EXPECT_EQ(deliver(loader, 1), deliver(plain, 1));
  EXPECT_GT(loader.costs().cache_hits, 2);
  EXPECT_LT(loader.costs().cache_hits, 8);
  EXPECT_EQ(loader.costs().cache_bytes, kept);
}

TEST(Loader, DropLastLeavesOutTheShortBatch) {
  LoaderOptions given = options(23);
  given.drop_last = true;
  Loader loader(given);
  EXPECT_EQ(loader.steps(), 5);
  EXPECT_EQ(deliver(loader, 0).indices.size(), 20U);
}

TEST(Loader, ABadImageEndsItsBatchInOrder) {
  for (const int workers : {1, 4}) {
    LoaderOptions given = options(12);
    given.workers = workers;
    given.shuffle = false;
    given.samples[6].bytes = std::make_shared<const Bytes>(Bytes{'n', 'o'});
    given.samples[7].bytes = std::make_shared<const Bytes>(Bytes{});
    Loader loader(given);
    loader.start(0);
    loader.release(loader.next());
    try {
      loader.next();
      FAIL() << "expected IMAGE_DECODE";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "IMAGE_DECODE");
      EXPECT_NE(std::string(error.what()).find("\"image 6\""), std::string::npos) << error.what();
    }
  }
}

TEST(Loader, SkipLeavesBadImagesOutAndCountsThem) {
  LoaderOptions given = options(12);
  given.shuffle = false;
  given.skip_bad_images = true;
  for (const std::size_t bad : {1, 4, 5, 6, 7})
    given.samples[bad].bytes = std::make_shared<const Bytes>(Bytes{'x'});
  Loader loader(given);
  const Delivered delivered = deliver(loader, 0);
  EXPECT_EQ(delivered.sizes, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(delivered.indices, (std::vector<std::int64_t>{0, 2, 3, 8, 9, 10, 11}));
  EXPECT_EQ(delivered.labels, (std::vector<std::int64_t>{0, 2, 0, 2, 0, 1, 2}));
  EXPECT_EQ(loader.costs().skipped, (std::vector<std::int64_t>{1, 4, 5, 6, 7}));
}

TEST(Loader, RestartsAndCancelsAtAnyMoment) {
  Loader loader(options(40));
  const Delivered expected = deliver(loader, 1);
  for (int repeat = 0; repeat < 50; ++repeat) {
    loader.start(repeat);
    for (int taken = 0; taken < repeat % 5; ++taken) loader.release(loader.next());
    if (repeat % 2 == 0) {
      loader.cancel();
      EXPECT_EQ(loader.next(), nullptr);
    }
  }
  EXPECT_EQ(deliver(loader, 1), expected);
}

TEST(Loader, CancelFromAnotherThreadEndsAWait) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    Loader loader(options(4));
    loader.start(0);
    const Batch* batch = loader.next();
    std::thread canceller([&loader] { loader.cancel(); });
    while (loader.next() != nullptr) {
    }
    canceller.join();
    EXPECT_NE(batch, nullptr);
  }
}

TEST(Loader, EndsWithBatchesUnreadAndImagesUnderWay) {
  for (int repeat = 0; repeat < 30; ++repeat) {
    Loader loader(options(40));
    if (repeat % 3 > 0) loader.start(0);
    if (repeat % 3 > 1) loader.next();
  }
}

TEST(Loader, FloatFormWithoutNormalize) {
  LoaderOptions given = options(4);
  given.transforms = {transform::Resize{8, 8}, transform::ToTensor{}};
  Loader loader(given);
  EXPECT_EQ(loader.form(), BatchForm::kFloat32);
  loader.start(0);
  const Batch* batch = loader.next();
  const auto* values = static_cast<const float*>(batch->pixels);
  for (int i = 0; i < 4 * 3 * 8 * 8; ++i) {
    ASSERT_GE(values[i], 0.0F);
    ASSERT_LE(values[i], 1.0F);
  }
}

TEST(Loader, RefusesPipelinesThatMakeNoBatch) {
  const std::map<std::string, std::vector<transform::Spec>> refused{
      {"different sizes", {transform::Resize{256, 0}, transform::ToTensor{}}},
      {"toTensor is missing", {transform::CenterCrop{8, 8}}},
      {"only normalize",
       {transform::CenterCrop{8, 8}, transform::ToTensor{}, transform::RandomHorizontalFlip{}}},
      {"expected a number from 0 to 1", {transform::RandomHorizontalFlip{1.5}, transform::ToTensor{}}},
      {"normalize.std", {transform::CenterCrop{8, 8}, transform::ToTensor{}, transform::Normalize{}}},
  };
  for (const auto& [part, transforms] : refused) {
    LoaderOptions given = options(1);
    given.transforms = transforms;
    try {
      Loader loader(given);
      FAIL() << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "INVALID_CONFIG");
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

class LoaderFiles : public testing::Test {
 protected:
  LoaderFiles() { std::filesystem::create_directories(folder_); }
  ~LoaderFiles() override { std::filesystem::remove_all(folder_); }

  /// The code and message that loading one file ends with.
  std::pair<std::string, std::string> failureOf(const std::string& path, DecodeLimits limits = {}) {
    LoaderOptions given = options(0);
    given.samples = {{path, 0, nullptr}};
    given.limits = limits;
    Loader loader(given);
    loader.start(0);
    try {
      loader.next();
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {};
  }

  std::string write(const Bytes& bytes) {
    const std::string path = folder_ / "image.jpg";
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (!bytes.empty()) std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
    return path;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("torchwing-loader-" + std::to_string(::getpid()));
};

TEST_F(LoaderFiles, NamesWhatCannotBeRead) {
  const auto [missing, missing_text] = failureOf(folder_ / "none.jpg");
  EXPECT_EQ(missing, "IMAGE_READ");
  EXPECT_NE(missing_text.find("No such file"), std::string::npos) << missing_text;
  EXPECT_EQ(failureOf(folder_).first, "IMAGE_READ");
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto [code, text] = failureOf(fifo);  // must not wait for a writer
  EXPECT_EQ(code, "IMAGE_READ");
  EXPECT_NE(text.find("not a regular file"), std::string::npos) << text;
}

TEST_F(LoaderFiles, HoldsTheLimits) {
  const std::string path = write(*drawJpeg(1));
  EXPECT_EQ(failureOf(path).first, "");
  DecodeLimits few_bytes;
  few_bytes.file_bytes = 10;
  EXPECT_EQ(failureOf(path, few_bytes).first, "IMAGE_TOO_LARGE");
  DecodeLimits few_pixels;
  few_pixels.pixels = 100;
  EXPECT_EQ(failureOf(path, few_pixels).first, "IMAGE_TOO_LARGE");
}

TEST_F(LoaderFiles, EveryTruncationOfAJpegIsAnError) {
  const Bytes whole = *drawJpeg(2);
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 16) {
    const std::string path = write(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(failureOf(path).first, "IMAGE_DECODE") << size << " of " << whole.size() << " bytes";
  }
}

TEST(ImagesUnderWay, AreThoseThatTakeLongTheLongestFirst) {
  const auto name = [](std::size_t image) { return "image " + std::to_string(image); };
  ImagesUnderWay images(3);
  images.begin(0, 7);
  images.begin(1, 8);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  images.begin(2, 9);
  images.end(1);
  const std::vector<ImageUnderWay> all = images.list(0, name);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].path, "image 7");
  EXPECT_EQ(all[1].path, "image 9");
  const std::vector<ImageUnderWay> late = images.list(0.02, name);
  ASSERT_FALSE(late.empty());
  EXPECT_EQ(late[0].path, "image 7");
  EXPECT_TRUE(images.list(1000, name).empty());
}

TEST(Loader, HasNothingUnderWayBehindAnEpoch) {
  Loader loader(options(9));
  EXPECT_TRUE(loader.underWay(0).empty());
  deliver(loader, 0);
  EXPECT_TRUE(loader.underWay(0).empty());
}

}  // namespace
}  // namespace torchwing
