#include "core/data/pipeline.h"

#include <algorithm>

#include "core/data/size_tracker.h"

namespace torchwing {
namespace {

using namespace transform;

bool isToTensor(const Spec& spec) {
  return std::holds_alternative<ToTensor>(spec);
}

bool isNormalize(const Spec& spec) {
  return std::holds_alternative<Normalize>(spec);
}

bool isOfFloats(const Spec& spec) {
  return isNormalize(spec) || std::holds_alternative<RandomErasing>(spec);
}

void apply(const Normalize& normalize, NormalizeTable& table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = (table[i] - normalize.mean[i % 3]) / normalize.std[i % 3];
  }
}

}  // namespace

Pipeline::Pipeline(const std::vector<Spec>& transforms, ResizeArithmetic resize)
    : transforms_(transforms), resize_(resize) {
  SizeTracker tracker;
  for (const Spec& transform : transforms) tracker.follow(transform);
  const auto to_tensor = std::find_if(transforms.begin(), transforms.end(), isToTensor);
  if (to_tensor == transforms.end() || std::any_of(transforms.begin(), to_tensor, isOfFloats)) {
    failTransforms("toTensor is missing, expected it behind the pixel transforms");
  }
  if (!std::all_of(to_tensor + 1, transforms.end(), isOfFloats)) {
    failTransforms("only normalize and randomErasing may follow toTensor");
  }
  if (tracker.size().width == 0) {
    failTransforms(
        "images would have different sizes, expected resize([height, width]), centerCrop, randomCrop or "
        "randomResizedCrop");
  }
  output_size_ = tracker.size();
  pixel_transforms_ = static_cast<std::size_t>(to_tensor - transforms.begin());
  for (std::size_t i = 0; i < table_.size(); ++i) table_[i] = static_cast<float>(i / 3) / 255.0F;
  for (auto step = to_tensor + 1; step != transforms.end(); ++step) {
    if (const auto* normalize = std::get_if<Normalize>(&*step)) apply(*normalize, table_);
  }
  const bool one_normalize = transforms.end() - to_tensor == 2 && isNormalize(transforms.back());
  form_ = one_normalize ? BatchForm::kUint8 : BatchForm::kFloat32;
}

std::size_t Pipeline::imageBytes() const noexcept {
  const std::size_t values =
      static_cast<std::size_t>(output_size_.width) * static_cast<std::size_t>(output_size_.height) * 3;
  return form_ == BatchForm::kUint8 ? values : values * sizeof(float);
}

}  // namespace torchwing
