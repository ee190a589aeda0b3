#include "core/train/batch_mover.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "core/data/jpeg_encode.h"
#include "core/error.h"
#include "core/train/batch_images.h"

namespace torchwing {
namespace {

/// Ten images in batches of two; those with an index in `bad` cannot be decoded.
LoaderOptions tenImages(const std::vector<std::int64_t>& bad = {}) {
  LoaderOptions options;
  for (std::int64_t image = 0; image < 10; ++image) {
    std::vector<std::uint8_t> rgb(16 * 16 * 3, static_cast<std::uint8_t>(image * 20));
    std::vector<std::uint8_t> bytes = encodeJpeg(rgb.data(), 16, 16, 90);
    if (std::find(bad.begin(), bad.end(), image) != bad.end()) bytes.resize(20);
    options.samples.push_back({"image " + std::to_string(image), image,
                               std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))});
  }
  options.transforms = {transform::CenterCrop{16, 16}, transform::ToTensor{},
                        transform::Normalize{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}};
  options.batch_size = 2;
  options.workers = 2;
  options.shuffle = false;
  return options;
}

std::vector<std::int64_t> labelsOf(const MovedBatch& batch) {
  const auto* data = batch.labels.const_data_ptr<std::int64_t>();
  return {data, data + batch.labels.numel()};
}

using Labels = std::vector<std::int64_t>;

TEST(BatchMover, GivesTheLoadersBatchesInOrder) {
  Loader loader(tenImages());
  BatchMover mover(loader);
  mover.begin(at::kCPU, at::kFloat, 0, 0);
  for (std::int64_t step = 0; step < 5; ++step) {
    const auto batch = mover.next();
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->step, step);
    EXPECT_EQ(labelsOf(*batch), (Labels{2 * step, 2 * step + 1}));
    mover.copyAhead();
  }
  EXPECT_FALSE(mover.next());
  EXPECT_FALSE(mover.next()) << "the end stays";
}

TEST(BatchMover, ConvertsAsTheLoaderDoesByHand) {
  Loader loader(tenImages());
  loader.start(0);
  const Batch* const by_hand = loader.next();
  const at::Tensor expected = batchImages(loader, *by_hand, at::kDouble);
  loader.release(by_hand);
  BatchMover mover(loader);
  mover.begin(at::kCPU, at::kDouble, 0, 0);
  EXPECT_TRUE(at::equal(mover.next()->images, expected));
}

TEST(BatchMover, BeginsAtAnyStepAndBeginsAnew) {
  Loader loader(tenImages());
  BatchMover mover(loader);
  mover.begin(at::kCPU, at::kFloat, 0, 3);
  EXPECT_EQ(labelsOf(*mover.next()), (Labels{6, 7}));
  mover.begin(at::kCPU, at::kFloat, 1, 0);
  EXPECT_EQ(labelsOf(*mover.next()), (Labels{0, 1}));
  mover.end();
  mover.begin(at::kCPU, at::kFloat, 2, 4);
  EXPECT_EQ(labelsOf(*mover.next()), (Labels{8, 9}));
  EXPECT_FALSE(mover.next());
}

TEST(BatchMover, FailsInTheTurnOfTheBatchThatFailed) {
  Loader loader(tenImages({5}));
  BatchMover mover(loader);
  mover.begin(at::kCPU, at::kFloat, 0, 0);
  for (std::int64_t step = 0; step < 2; ++step) {
    EXPECT_EQ(mover.next()->step, step);
    mover.copyAhead();
  }
  EXPECT_THROW(mover.next(), Error);
}

TEST(BatchMover, CountsWhatWasLeftOutOfTheBatchesGiven) {
  LoaderOptions options = tenImages({1, 4, 5, 9});
  options.skip_bad_images = true;
  Loader loader(options);
  BatchMover mover(loader);
  mover.begin(at::kCPU, at::kFloat, 0, 0);
  const std::vector<Labels> expected = {{0}, {2, 3}, {6, 7}, {8}};
  const Labels skipped = {1, 1, 3, 4};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(labelsOf(*mover.next()), expected[i]);
    EXPECT_EQ(mover.skipped(), skipped[i]);
    mover.copyAhead();
  }
  EXPECT_FALSE(mover.next());
  EXPECT_EQ(mover.skipped(), 4);
}

}  // namespace
}  // namespace torchwing
