// The whole way of a sample: header, decoding in either form, upright or as stored, transforms.
#include "core/data/sample_maker.h"

#include <array>
#include <vector>

#include "fuzz/decode_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchwing;
  static const std::vector<transform::Spec> training{transform::RandomResizedCrop{32, 32},
                                                     transform::RandomHorizontalFlip{}, transform::ToTensor{},
                                                     transform::Normalize{{0, 0, 0}, {1, 1, 1}}};
  static const std::vector<transform::Spec> validation{transform::Resize{40}, transform::CenterCrop{32, 32},
                                                       transform::ToTensor{}};
  static const std::vector<transform::Spec> augmenting{
      transform::Resize{40},           transform::RandomRotation{{-30, 30}, {}, false, {}, {}},
      transform::RandAugment{},        transform::RandomCrop{32, 32, {4, 4, 4, 4}},
      transform::TrivialAugmentWide{}, transform::ToTensor{},
      transform::RandomErasing{}};
  static const std::array<Pipeline, 3> pipelines{Pipeline(training), Pipeline(validation),
                                                 Pipeline(augmenting)};
  LoaderOptions options;
  options.limits = fuzz::smallLimits();
  options.samples.push_back({"fuzz", 0, std::make_shared<std::vector<std::uint8_t>>(data, data + size)});
  for (const Pipeline& pipeline : pipelines) {
    options.exif = &pipeline == pipelines.data() ? ExifPolicy::kApply : ExifPolicy::kIgnore;
    options.decode = &pipeline == pipelines.data() ? DecodeForm::kScaled : DecodeForm::kExact;
    std::vector<std::uint8_t> target(pipeline.imageBytes());
    DecodedCache cache(1, 0);
    fuzz::expectDecodedOrRefused([&] { SampleMaker(options, pipeline, cache).make(0, 0, target.data()); });
  }
  return 0;
}
