#include <zlib.h>

#include <cstdint>

#include "core/io/little_endian.h"
#include "core/io/zip_format.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

const std::string kPickle = "\x80\x02}.";

/// A readable archive; its refusal says that the state_dict is empty, so the zip layer let it pass.
std::string passing() {
  return archive({{"x/data.pkl", kPickle}, {"x/version", "3\n"}});
}

std::size_t centralHeader(const std::string& bytes, int index) {
  std::size_t at = 0;
  for (int i = 0; i <= index; ++i) at = bytes.find("PK\x01\x02", at + 1);
  return at;
}

std::size_t endRecord(const std::string& bytes) {
  return bytes.rfind("PK\x05\x06");
}

template <typename Integer>
std::string with(std::string bytes, std::size_t at, Integer value) {
  std::string field;
  appendLittle(field, value);
  return bytes.replace(at, field.size(), field);
}

TEST(HostileZip, TheTestFileItselfPasses) {
  EXPECT_TRUE(contains(refusal(passing()), "it holds no tensors"));
}

TEST(HostileZip, RefusesDuplicateNamesAndCaseTwins) {
  EXPECT_TRUE(
      contains(refusal(archive({{"x/data.pkl", kPickle}, {"x/data.pkl", kPickle}, {"x/version", "3\n"}})),
               "two zip members named \"x/data.pkl\""));
  EXPECT_TRUE(
      contains(refusal(archive({{"x/data.pkl", kPickle}, {"x/DATA.pkl", kPickle}, {"x/version", "3\n"}})),
               "two zip members named \"x/DATA.pkl\""));
}

TEST(HostileZip, RefusesArchivesThatAreNotPyTorchs) {
  EXPECT_TRUE(contains(refusal(archive({{"readme.txt", "hello"}})), "not PyTorch's"));
  EXPECT_TRUE(
      contains(refusal(archive({{"x/data.pkl", kPickle}, {"y/version", "3\n"}})), "not in one folder"));
  EXPECT_TRUE(contains(refusal(archive({{"x/data.pkl", kPickle}})), "version is missing"));
  EXPECT_TRUE(
      contains(refusal(archive({{"x/data.pkl", kPickle}, {"x/version", "3\n"}, {"x/byteorder", "big"}})),
               "WEIGHTS_UNSUPPORTED"));
}

TEST(HostileZip, RefusesOffsetsAndSizesOutsideTheFile) {
  const std::string bytes = passing();
  const std::size_t header = centralHeader(bytes, 0);
  EXPECT_TRUE(
      contains(refusal(with(bytes, header + 42, std::uint32_t{0x7fffffff})), "lies outside the file"));
  std::string long_member = with(bytes, header + 20, std::uint32_t{0x7fffffff});
  long_member = with(long_member, header + 24, std::uint32_t{0x7fffffff});
  EXPECT_TRUE(contains(refusal(long_member), "lies outside the file"));
  EXPECT_TRUE(contains(refusal(with(bytes, header + 20, std::uint32_t{1})), "two different sizes"));
  EXPECT_TRUE(contains(refusal(with(bytes, endRecord(bytes) + 16, std::uint32_t{1})),
                       "not where the end record says"));
  EXPECT_TRUE(contains(refusal(with(bytes, endRecord(bytes) + 12, std::uint32_t{0xfffffff0})),
                       "not where the end record says"));
  std::string many = with(bytes, endRecord(bytes) + 8, std::uint16_t{1000});
  many = with(many, endRecord(bytes) + 10, std::uint16_t{1000});
  EXPECT_TRUE(contains(refusal(many), "too small for the number of members"));
  EXPECT_TRUE(contains(refusal(with(bytes, header + 28, std::uint16_t{0xffff})), "zip directory is broken"));
}

TEST(HostileZip, RefusesOverlappingMembers) {
  // Both directory entries point to the first member, whose name the second one copies up to its last letter.
  std::string bytes = archive({{"x/data.pkl", kPickle}, {"x/data.pk2", kPickle}, {"x/version", "3\n"}});
  const std::size_t second = centralHeader(bytes, 1);
  const std::string first_offset = bytes.substr(centralHeader(bytes, 0) + 42, 4);
  bytes.replace(second + 42, 4, first_offset);
  EXPECT_TRUE(contains(refusal(bytes), "contradicts the zip directory"));

  // The first member claims the bytes up to the directory.
  std::string swallowing = archive({{"x/data.pkl", kPickle}, {"x/version", "3\n"}});
  const std::size_t header = centralHeader(swallowing, 0);
  for (const std::size_t at : {header + 20, header + 24, std::size_t{18}, std::size_t{22}}) {
    swallowing = with(swallowing, at, std::uint32_t{40});
  }
  EXPECT_TRUE(contains(refusal(swallowing), "\"x/data.pkl\" and \"x/version\" overlap"));
}

TEST(HostileZip, RefusesEncryptionAndSeveralParts) {
  const std::string bytes = passing();
  EXPECT_TRUE(contains(refusal(with(bytes, centralHeader(bytes, 0) + 8, std::uint16_t{1})), "is encrypted"));
  EXPECT_TRUE(contains(refusal(with(bytes, endRecord(bytes) + 4, std::uint16_t{1})), "in several parts"));
  EXPECT_TRUE(
      contains(refusal(with(bytes, centralHeader(bytes, 0) + 34, std::uint16_t{1})), "in several parts"));
}

/// The archive with zip64 end record and locator, as PyTorch writes them, before a saturated end record.
std::string withZip64(const std::string& bytes) {
  const std::size_t end = endRecord(bytes);
  const auto entries =
      loadLittle<std::uint16_t>(reinterpret_cast<const std::uint8_t*>(bytes.data() + end + 10));
  const auto size = loadLittle<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(bytes.data() + end + 12));
  const auto offset =
      loadLittle<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(bytes.data() + end + 16));
  std::string result = bytes.substr(0, end);
  appendLittle(result, zip::kEnd64);
  appendLittle(result, std::uint64_t{44});
  appendLittle(result, std::uint32_t{0});
  appendLittle(result, std::uint32_t{0});
  appendLittle(result, std::uint32_t{0});
  appendLittle(result, std::uint64_t{entries});
  appendLittle(result, std::uint64_t{entries});
  appendLittle(result, std::uint64_t{size});
  appendLittle(result, std::uint64_t{offset});
  appendLittle(result, zip::kEnd64Locator);
  appendLittle(result, std::uint32_t{0});
  appendLittle(result, std::uint64_t{end});
  appendLittle(result, std::uint32_t{1});
  std::string last = with(bytes.substr(end), 8, std::uint32_t{0xffffffff});
  last = with(last, 12, std::uint64_t{0xffffffffffffffff});
  return result + last;
}

TEST(HostileZip, ReadsZip64AndRefusesContradictionsInIt) {
  const std::string bytes = withZip64(passing());
  EXPECT_TRUE(contains(refusal(bytes), "it holds no tensors"));
  const std::size_t end64 = bytes.find("PK\x06\x06");
  const std::size_t locator = bytes.find("PK\x06\x07");
  EXPECT_TRUE(
      contains(refusal(with(bytes, end64 + 48, std::uint64_t{1} << 63)), "not where the end record says"));
  EXPECT_TRUE(contains(refusal(with(bytes, end64 + 40, ~std::uint64_t{0})), "not where the end record says"));
  EXPECT_TRUE(contains(refusal(with(bytes, end64 + 32, std::uint64_t{1})), "in several parts"));
  EXPECT_TRUE(contains(refusal(with(bytes, locator + 8, std::uint64_t{7})), "not where the locator says"));
  EXPECT_TRUE(
      contains(refusal(with(bytes, endRecord(bytes) + 16, std::uint32_t{1})), "contradict each other"));
  EXPECT_TRUE(contains(refusal(with(bytes, locator, std::uint32_t{0})), "zip64 end record is missing"));
}

/// One member whose size stands in a zip64 extra field.
std::string wideMember(std::uint64_t size, std::uint16_t field_length) {
  const std::string name = "x/data.pkl";
  const std::string content = kPickle;
  std::string common;
  appendLittle(common, std::uint16_t{45});
  appendLittle(common, std::uint16_t{0});
  appendLittle(common, std::uint16_t{0});
  appendLittle(common, std::uint32_t{0});
  appendLittle(common,
               static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(content.data()), 4)));
  appendLittle(common, zip::kSee64);
  appendLittle(common, zip::kSee64);
  appendLittle(common, static_cast<std::uint16_t>(name.size()));
  std::string extra;
  appendLittle(extra, zip::kZip64Extra);
  appendLittle(extra, field_length);
  appendLittle(extra, size);
  appendLittle(extra, size);

  std::string bytes;
  appendLittle(bytes, zip::kLocalHeader);
  bytes += common;
  appendLittle(bytes, static_cast<std::uint16_t>(extra.size()));
  bytes += name + extra + content;
  const auto directory = static_cast<std::uint32_t>(bytes.size());
  appendLittle(bytes, zip::kCentralHeader);
  appendLittle(bytes, std::uint16_t{45});
  bytes += common;
  appendLittle(bytes, static_cast<std::uint16_t>(extra.size()));
  bytes.append(14, '\0');
  bytes += name + extra;
  const auto directory_size = static_cast<std::uint32_t>(bytes.size()) - directory;
  appendLittle(bytes, zip::kEnd);
  appendLittle(bytes, std::uint32_t{0});
  appendLittle(bytes, std::uint16_t{1});
  appendLittle(bytes, std::uint16_t{1});
  appendLittle(bytes, directory_size);
  appendLittle(bytes, directory);
  appendLittle(bytes, std::uint16_t{0});
  return bytes;
}

TEST(HostileZip, ReadsZip64SizesAndChecksThem) {
  EXPECT_TRUE(contains(refusal(wideMember(4, 16)), "version is missing"));
  EXPECT_TRUE(contains(refusal(wideMember(1000, 16)), "lies outside the file"));
  EXPECT_TRUE(contains(refusal(wideMember(~std::uint64_t{0}, 16)), "lies outside the file"));
  EXPECT_TRUE(contains(refusal(wideMember(4, 8)), "broken"));
  EXPECT_TRUE(contains(refusal(wideMember(4, 17)), "broken extra field"));
}

TEST(HostileZip, AcceptsACommentAndRefusesBytesBehindTheEnd) {
  std::string bytes = passing();
  EXPECT_TRUE(contains(refusal(bytes + "x"), "cut off"));
  bytes = with(bytes, bytes.size() - 2, std::uint16_t{5});
  EXPECT_TRUE(contains(refusal(bytes + "hello"), "it holds no tensors"));
}

}  // namespace
}  // namespace torchwing::test
