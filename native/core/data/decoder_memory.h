#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace torchwing {

/// What a C decoder takes while it works on one image, from memory that is kept for the next one: after the
/// first few images a worker asks the system for nothing. Throws nothing, so that C code may lie between it
/// and its caller. One thread.
class DecoderMemory {
 public:
  /// Of every block; SIMD code of libjpeg-turbo wants 32 bytes.
  static constexpr std::size_t kAlignment = 64;

  /// Forgets the image before; the next one may take `byte_limit` bytes in all.
  void begin(std::int64_t byte_limit) noexcept;
  /// Null when the limit would be passed or the system has no more.
  void* take(std::size_t bytes) noexcept;
  /// The block taken last is free again at once, any other one with the image.
  void giveBack(const void* block) noexcept;
  /// Whether take() has said no because of the limit.
  bool limitPassed() const noexcept { return limit_passed_; }
  /// Whether it has because the system had no more, which is no fault of the image.
  bool systemRefused() const noexcept { return system_refused_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };
  struct Chunk {
    std::unique_ptr<std::byte, Free> memory;
    std::size_t size = 0;
    std::size_t used = 0;
  };

  bool addChunk(std::size_t bytes) noexcept;
  std::size_t held() const noexcept;

  /// Each is at least as large as all before it together, so that these suffice for any size.
  std::array<Chunk, 64> chunks_;
  std::size_t count_ = 0;
  std::size_t next_chunk_ = 0;  ///< size of the first chunk of this image, when there is none yet
  std::size_t taken_ = 0;
  std::size_t limit_ = 0;
  bool limit_passed_ = false;
  bool system_refused_ = false;
  std::byte* last_ = nullptr;
};

}  // namespace torchwing
