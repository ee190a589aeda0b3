#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace torchwing {

/// An image that a worker has not finished with.
struct ImageUnderWay {
  std::string path;
  double seconds = 0;  ///< since the worker took it
};

/// What each of some workers is busy with, and since when: a disk that does not answer shows here. Guarded by
/// its owner's mutex.
class ImagesUnderWay {
 public:
  explicit ImagesUnderWay(std::size_t workers) : busy_(workers) {}

  void begin(std::size_t worker, std::size_t image) { busy_[worker] = Busy{image, Clock::now()}; }
  void end(std::size_t worker) { busy_[worker].reset(); }

  /// Those that have taken `seconds` or longer, the longest first. `path_of` gives the path of an image.
  template <class PathOf>
  std::vector<ImageUnderWay> list(double seconds, const PathOf& path_of) const {
    std::vector<ImageUnderWay> found;
    const Clock::time_point now = Clock::now();
    for (const std::optional<Busy>& busy : busy_) {
      if (!busy) continue;
      const double taken = std::chrono::duration<double>(now - busy->since).count();
      if (taken >= seconds) found.push_back({path_of(busy->image), taken});
    }
    std::sort(found.begin(), found.end(),
              [](const ImageUnderWay& a, const ImageUnderWay& b) { return a.seconds > b.seconds; });
    return found;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Busy {
    std::size_t image = 0;
    Clock::time_point since;
  };
  std::vector<std::optional<Busy>> busy_;
};

}  // namespace torchwing
