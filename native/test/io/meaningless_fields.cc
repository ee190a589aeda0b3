#include "test/io/meaningless_fields.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "core/io/little_endian.h"
#include "core/io/zip_format.h"

namespace torchwing::test {
namespace {

/// Marks ranges of a file.
class Marks {
 public:
  explicit Marks(const std::string& bytes) : bytes_(bytes), fields_(bytes.size()) {}

  void mark(std::size_t begin, std::size_t size, const std::string& field) {
    for (std::size_t i = begin; i < begin + size; ++i) fields_.at(i) = field;
  }
  template <typename Integer>
  Integer number(std::size_t at) const {
    return loadLittle<Integer>(reinterpret_cast<const std::uint8_t*>(bytes_.data()) + at);
  }
  bool is(std::size_t at, const std::string& text) const {
    return bytes_.compare(at, text.size(), text) == 0;
  }
  const std::string& bytes() const { return bytes_; }
  std::vector<std::string> take() { return std::move(fields_); }

 private:
  const std::string& bytes_;
  std::vector<std::string> fields_;
};

/// One local header at `at` of a member of `size` bytes, and what follows its content.
void markLocal(Marks& marks, std::size_t at, std::size_t size, bool unused) {
  const bool described = (marks.number<std::uint16_t>(at + 6) & zip::kDescriptorFlag) != 0;
  const std::size_t name = marks.number<std::uint16_t>(at + 26), extra = marks.number<std::uint16_t>(at + 28);
  marks.mark(at + 4, 2, "version needed");
  marks.mark(at + 10, 4, "time and date");
  if (described) marks.mark(at + 14, 12, "CRC and sizes of a local header before a descriptor");
  marks.mark(at + zip::kLocalHeaderSize + name, extra, "extra field of a local header");
  const std::size_t content = at + zip::kLocalHeaderSize + name + extra;
  if (unused) {
    marks.mark(at + 28, 2, "where the content of a member that no reader uses begins");
    marks.mark(content, size, "content of a member that no reader uses");
  }
  if (described && marks.is(content + size, "PK\x07\x08")) marks.mark(content + size, 16, "data descriptor");
}

void markZip(Marks& marks) {
  const std::string& bytes = marks.bytes();
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (const std::size_t end64 = bytes.rfind("PK\x06\x06"); end64 != std::string::npos)
    marks.mark(end64 + 12, 4, "versions of the zip64 end record");
  std::size_t at = marks.number<std::uint32_t>(end + 16);
  while (marks.is(at, "PK\x01\x02")) {
    const std::size_t name = marks.number<std::uint16_t>(at + 28);
    const std::string member = bytes.substr(at + zip::kCentralHeaderSize, name);
    const bool unused = member.find("/.") != std::string::npos;
    marks.mark(at + 4, 4, "version made by, version needed");
    marks.mark(at + 12, 4, "time and date");
    marks.mark(at + 36, 6, "attributes");
    markLocal(marks, marks.number<std::uint32_t>(at + 42), marks.number<std::uint32_t>(at + 20), unused);
    if (unused) marks.mark(at + 16, 4, "CRC of a member that no reader uses");
    at += zip::kCentralHeaderSize + name + marks.number<std::uint16_t>(at + 30);
  }
}

/// Fields of one pickle from `at` on; returns where it ends.
std::size_t markPickle(Marks& marks, std::size_t at, bool facts) {
  const std::size_t begin = at;
  int location = -1;  // its memo number
  for (bool stopped = false; !stopped;) {
    const auto opcode = static_cast<std::uint8_t>(marks.bytes().at(at++));
    switch (opcode) {
      case '.':
        stopped = true;
        break;
      case 0x80:
      case 'K':
        at += 1;
        break;
      case 'h':
        if (marks.number<std::uint8_t>(at) == location) marks.mark(at, 1, "location of a storage");
        at += 1;
        break;
      case 'M':
        at += 2;
        break;
      case 'q':
        marks.mark(at, 1, "memo number");
        at += 1;
        break;
      case 'J':
        at += 4;
        break;
      case 'c':
        for (int lines = 0; lines < 2; ++at) lines += marks.bytes().at(at) == '\n' ? 1 : 0;
        break;
      case 'X': {
        const auto size = marks.number<std::uint32_t>(at);
        const bool is_location = marks.bytes().substr(at + 4, size) == "cpu";
        if (is_location) marks.mark(at + 4, size, "location of a storage");
        at += 4 + size;
        if (is_location && marks.is(at, "q")) location = marks.number<std::uint8_t>(at + 1);
        break;
      }
      case 0x8a:
        at += 1 + static_cast<std::uint8_t>(marks.bytes().at(at));
        break;
      case 0x88:
      case 0x89:
        marks.mark(at - 1, 1, "requires_grad");
        break;
      default:
        break;
    }
  }
  if (facts) marks.mark(begin, at - begin, "facts on the machine, byte order aside");
  return at;
}

void markLegacy(Marks& marks) {
  std::size_t at = 0;
  for (int document = 0; document < 5; ++document) at = markPickle(marks, at, document == 2);
}

/// `"__metadata__":{…}` of a header whose metadata has no braces in its texts but those of the record.
void markSafetensors(Marks& marks) {
  const std::size_t begin = marks.bytes().find("\"__metadata__\"");
  const std::size_t end = marks.bytes().find("},\"", begin);
  marks.mark(begin, end - begin, "__metadata__, the record aside");
}

}  // namespace

std::vector<std::string> meaninglessFields(const std::string& bytes) {
  Marks marks(bytes);
  if (marks.is(0, "PK")) {
    markZip(marks);
  } else if (marks.is(0, "\x80")) {
    markLegacy(marks);
  } else {
    markSafetensors(marks);
  }
  return marks.take();
}

}  // namespace torchwing::test
