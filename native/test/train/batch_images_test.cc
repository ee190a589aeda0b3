#include "core/train/batch_images.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include "core/data/jpeg_encode.h"

namespace torchwing {
namespace {

/// Two images with every byte value in every channel, and a pipeline that ends in the table.
LoaderOptions twoImages() {
  LoaderOptions options;
  for (int image = 0; image < 2; ++image) {
    std::vector<std::uint8_t> rgb(32 * 32 * 3);
    for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(i * (image + 1));
    auto bytes = std::make_shared<const std::vector<std::uint8_t>>(encodeJpeg(rgb.data(), 32, 32, 100));
    options.samples.push_back({"image " + std::to_string(image), image, std::move(bytes)});
  }
  options.transforms = {transform::CenterCrop{32, 32}, transform::ToTensor{},
                        transform::Normalize{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}}};
  options.batch_size = 2;
  options.shuffle = false;
  return options;
}

class BatchImages : public testing::Test {
 protected:
  void SetUp() override {
    loader_.start(0);
    batch_ = loader_.next();
    ASSERT_NE(batch_, nullptr);
    ASSERT_EQ(batch_->form, BatchForm::kUint8);
  }

  Loader loader_{twoImages()};
  const Batch* batch_ = nullptr;
};

TEST_F(BatchImages, AreThePixelsThroughTheTable) {
  const at::Tensor images = batchImages(loader_, *batch_, at::kFloat);
  ASSERT_EQ(images.sizes(), (std::vector<std::int64_t>{2, 3, 32, 32}));
  const auto* pixels = static_cast<const std::uint8_t*>(batch_->pixels);
  const auto values = images.accessor<float, 4>();
  for (std::int64_t i = 0; i < 2 * 32 * 32 * 3; ++i) {
    const std::int64_t channel = i % 3, x = i / 3 % 32, y = i / 96 % 32, image = i / 3072;
    const auto entry = static_cast<std::size_t>(pixels[i] * 3 + channel);
    ASSERT_EQ(values[image][channel][y][x], loader_.table()[entry]);
  }
}

TEST_F(BatchImages, TheAcceleratorsLookupGivesTheSameBits) {
  const at::Tensor bytes = at::from_blob(batch_->pixels, {2, 32, 32, 3}, at::kByte);
  NormalizeTable table = loader_.table();
  const at::Tensor entries = at::from_blob(table.data(), static_cast<std::int64_t>(table.size()), at::kFloat);
  EXPECT_TRUE(at::equal(lookUp(bytes, entries), batchImages(loader_, *batch_, at::kFloat)));
}

TEST_F(BatchImages, WidenForADoubleModel) {
  const at::Tensor images = batchImages(loader_, *batch_, at::kDouble);
  ASSERT_EQ(images.scalar_type(), at::kDouble);
  EXPECT_TRUE(at::equal(images.to(at::kFloat), batchImages(loader_, *batch_, at::kFloat)));
}

TEST_F(BatchImages, AreACopyThatOutlivesTheBatch) {
  const at::Tensor images = batchImages(loader_, *batch_, at::kFloat);
  const at::Tensor labels = batchLabels(*batch_);
  const at::Tensor before = images.clone();
  static_cast<std::uint8_t*>(batch_->pixels)[0] ^= 0xFF;
  loader_.release(batch_);
  EXPECT_TRUE(at::equal(images, before));
  EXPECT_EQ(labels[0].item<std::int64_t>(), 0);
  EXPECT_EQ(labels[1].item<std::int64_t>(), 1);
}

}  // namespace
}  // namespace torchwing
