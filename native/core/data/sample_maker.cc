#include "core/data/sample_maker.h"

#include <chrono>

#include "core/data/file_reader.h"
#include "core/data/image_header.h"
#include "core/data/orientation.h"
#include "core/error.h"

namespace torchwing {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

SampleMaker::SampleMaker(const LoaderOptions& options, const Pipeline& pipeline, DecodedCache& cache)
    : options_(options), cache_(cache), decoder_(options.limits), runner_(pipeline) {}

LoaderCosts SampleMaker::make(std::int64_t index, std::int64_t epoch, void* target) {
  const DrawKey key{options_.seed, epoch, index};
  LoaderCosts costs;
  costs.images = 1;
  ImageRegion region;
  const std::shared_ptr<const Image> cached = cache_.find(index);
  if (cached != nullptr && isDecodedWhole({cached->width(), cached->height()}, key)) {
    region = ImageRegion::whole(cached->view());
    costs.cache_hits = 1;
  } else {
    auto begin = Clock::now();
    const std::span<const std::uint8_t> bytes = read(options_.samples[static_cast<std::size_t>(index)]);
    costs.read = secondsSince(begin);
    begin = Clock::now();
    region = decode(bytes, key);
    costs.decode = secondsSince(begin);
  }
  const TransformCosts transforms = transform(region, key, target);
  costs.resize = transforms.resize;
  costs.other_transforms = transforms.other;
  return costs;
}

std::span<const std::uint8_t> SampleMaker::read(const Sample& sample) {
  if (sample.bytes != nullptr) return *sample.bytes;
  readFile(sample.path, options_.limits.file_bytes, file_);
  return file_;
}

ImageRegion SampleMaker::decode(std::span<const std::uint8_t> bytes, const DrawKey& key) {
  const std::string& name = options_.samples[static_cast<std::size_t>(key.index)].path;
  const int orientation = options_.exif == ExifPolicy::kApply ? readImageHeader(bytes).orientation : 1;
  const bool keep = cache_.open();
  if (orientation != 1) {
    decoder_.decode(bytes, name, image_);
    applyOrientation(image_.view(), orientation, upright_);
    if (keep) cache_.keep(key.index, upright_.view());
    return ImageRegion::whole(upright_.view());
  }
  RegionRequest request;
  if (keep) {
    request.rectangle = [](Size size) { return Rectangle{0, 0, size.width, size.height}; };
  } else {
    request.rectangle = [&](Size size) { return runner_.sourceRectangle(size, key); };
  }
  shrunk_ = 1;
  if (options_.decode == DecodeForm::kScaled) {
    request.shrink = [&](Size size) { return shrunk_ = runner_.shrinkFactor(size, key); };
  }
  const ImageRegion region = decoder_.decodeRegion(bytes, name, request, image_);
  if (keep && shrunk_ == 1)
    cache_.keep(key.index, region.crop({0, 0, region.full.width, region.full.height}));
  return region;
}

bool SampleMaker::isDecodedWhole(Size image, const DrawKey& key) const {
  return options_.decode == DecodeForm::kExact || runner_.shrinkFactor(image, key) == 1;
}

TransformCosts SampleMaker::transform(const ImageRegion& image, const DrawKey& key, void* target) {
  const auto text = [](Size size) {
    return std::to_string(size.width) + " x " + std::to_string(size.height);
  };
  const std::string& path = options_.samples[static_cast<std::size_t>(key.index)].path;
  try {
    return runner_.run(image, key, target);
  } catch (const ResizedTooLarge& large) {
    throw Error("IMAGE_TOO_LARGE", "Image \"" + path + "\" is too large for resize: its " +
                                       text(large.image) + " pixels would become " + text(large.resized) +
                                       ", expected at most " + std::to_string(kLargestResult) + ".");
  } catch (const ImageTooSmall& small) {
    throw Error("IMAGE_TOO_SMALL", "Image \"" + path + "\" is too small for randomCrop: received " +
                                       text(small.image) + " pixels, expected at least " + text(small.crop) +
                                       ".");
  }
}

}  // namespace torchwing
