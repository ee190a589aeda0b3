#include "core/io/file_kind.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/io/legacy_archive.h"
#include "core/io/safetensors_reader.h"

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
    {257, "ustar"sv, "it is a tar archive, expected a .pth or safetensors", kConvert},
    {0, "\x80"sv, "it is a bare pickle, expected a .pth or safetensors", kConvert},
    {0, "\x1f\x8b"sv, "it is compressed by gzip", "Unpack it first: gunzip FILE"},
    {0, "\x89HDF"sv, "it is an HDF5 file, as Keras writes, expected a .pth or safetensors", ""},
};

bool startsAsPage(const std::string& head) {
  std::string text;
  for (const char character : head.substr(0, 64)) {
    if (text.empty() && std::isspace(static_cast<unsigned char>(character)) != 0) continue;
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
  }
  return text.compare(0, 14, "<!doctype html") == 0 || text.compare(0, 5, "<html") == 0;
}

}  // namespace

FileKind fileKindOf(const InputFile& file) {
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512)), '\0');
  file.read(0, head.data(), head.size());
  if (head.compare(0, 4, "PK\x03\x04") == 0) return FileKind::kZip;
  if (LegacyArchive::recognizes(file)) return FileKind::kLegacy;
  if (recognizesSafetensors(file)) return FileKind::kSafetensors;
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
  throw Error("WEIGHTS_FORMAT", "it begins neither as a .pth does nor as safetensors do");
}

}  // namespace torchwing
