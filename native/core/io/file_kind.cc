#include "core/io/file_kind.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/io/little_endian.h"

namespace torchwing {
namespace {

using namespace std::string_view_literals;

constexpr char kConvert[] =
    "Convert it in Python: torch.save(torch.load(\"old.pth\", weights_only=True), \"new.pth\")";

/// A kind of file that is told by fixed bytes.
struct Signature {
  std::size_t offset;
  std::string_view bytes;
  const char* what;
  const char* hint;
};
constexpr Signature kSignatures[] = {
    {0, "version https://git-lfs"sv, "it is a Git-LFS pointer, not the weights themselves",
     "Run `git lfs pull` in the repository that it comes from."},
    {257, "ustar"sv, "it is a tar archive, expected a zip-format .pth", kConvert},
    {0, "\x80"sv, "it is a bare pickle, expected a zip-format .pth", kConvert},
    {0, "\x1f\x8b"sv, "it is compressed by gzip", "Unpack it first: gunzip FILE"},
    {0, "\x89HDF"sv, "it is an HDF5 file, as Keras writes, expected a zip-format .pth", ""},
};

bool startsAsPage(const std::string& head) {
  std::string text;
  for (const char character : head.substr(0, 64)) {
    if (text.empty() && std::isspace(static_cast<unsigned char>(character)) != 0) continue;
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
  }
  return text.compare(0, 14, "<!doctype html") == 0 || text.compare(0, 5, "<html") == 0;
}

/// Length of a JSON header, then the header.
bool startsAsSafetensors(const std::string& head, std::uint64_t file_size) {
  if (head.size() < 9 || head[8] != '{') return false;
  const auto header_size = loadLittle<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(head.data()));
  return header_size <= file_size - 8;
}

}  // namespace

void requireZip(const InputFile& file) {
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512)), '\0');
  file.read(0, head.data(), head.size());
  if (head.compare(0, 4, "PK\x03\x04") == 0) return;
  if (head.empty()) throw Error("WEIGHTS_FORMAT", "it is empty");
  for (const Signature& known : kSignatures) {
    if (head.size() >= known.offset && head.compare(known.offset, known.bytes.size(), known.bytes) == 0) {
      throw Error("WEIGHTS_FORMAT", known.what, known.hint);
    }
  }
  if (startsAsPage(head)) {
    throw Error(
        "WEIGHTS_FORMAT", "it is a web page, not weights",
        "A download probably saved an error page. Open it to read what went wrong, then download again.");
  }
  if (startsAsSafetensors(head, file.size())) {
    throw Error(
        "WEIGHTS_FORMAT", "it is a safetensors file, expected a zip-format .pth",
        "Convert it in Python: torch.save(safetensors.torch.load_file(\"x.safetensors\"), \"x.pth\")");
  }
  throw Error("WEIGHTS_FORMAT", "it does not begin as a zip-format .pth does");
}

}  // namespace torchwing
