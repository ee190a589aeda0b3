#include <cstdint>

#include "core/error.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

/// Codes that a damaged file may be refused with.
bool isTyped(const std::string& code) {
  return code == "WEIGHTS_FORMAT" || code == "WEIGHTS_UNSAFE" || code == "WEIGHTS_UNSUPPORTED";
}

bool sameTensors(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].tensor.scalar_type() != b[i].tensor.scalar_type()) return false;
    if (!a[i].tensor.equal(b[i].tensor)) return false;
  }
  return true;
}

enum class Outcome { kRefused, kSame, kDifferent };

Outcome outcomeOf(const std::string& bytes, const WeightFile& whole, std::size_t& unnoticed) {
  try {
    const WeightFile file = readFrom(bytes);
    if (!sameTensors(file.tensors, whole.tensors)) return Outcome::kDifferent;
    if (file.record != whole.record) ++unnoticed;
    return Outcome::kSame;
  } catch (const Error& error) {
    EXPECT_TRUE(isTyped(error.code())) << error.code();
    return Outcome::kRefused;
  }
}

std::string ours() {
  const TemporaryFolder folder;
  writeWeights(folder.path("a.pth"), {{"weight", ramp({2, 3})}, {"count", ramp({}, at::kLong)}},
               "{\"classes\":[]}");
  return readBytes(folder.path("a.pth"));
}

TEST(DamagedWeights, EveryTruncationIsATypedError) {
  for (const std::string& bytes : {ours(), fixture("plainDict"), fixture("legacy")}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string error = refusal(bytes.substr(0, size));
      EXPECT_EQ(error.compare(0, 16, "WEIGHTS_FORMAT: "), 0) << size << " bytes: " << error;
    }
  }
}

TEST(DamagedWeights, EveryFlippedByteIsAnErrorOrChangesNothingInFilesWithOurRecord) {
  const std::string whole = ours();
  const WeightFile expected = readFrom(whole);
  std::size_t changed_records = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      EXPECT_NE(outcomeOf(bytes, expected, changed_records), Outcome::kDifferent) << "byte " << i;
    }
  }
  EXPECT_EQ(changed_records, 0U);
}

class FilesOfPyTorch : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(DamagedWeights, FilesOfPyTorch,
                         testing::Values("plainDict", "legacy", "checkpoint"));

TEST_P(FilesOfPyTorch, EveryFlippedByteIsReadOrRefusedWithoutHarm) {
  const std::string whole = fixture(GetParam());
  const WeightFile expected = readFrom(whole);
  std::size_t changed_records = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      refused += outcomeOf(bytes, expected, changed_records) == Outcome::kRefused ? 1 : 0;
    }
  }
  EXPECT_GT(refused, whole.size() / 2);
}

TEST(DamagedWeights, AFlippedTensorByteIsNamedByItsRecord) {
  std::string bytes = ours();
  const at::Tensor weight = ramp({2, 3});
  const std::string content(static_cast<const char*>(weight.const_data_ptr()), weight.nbytes());
  bytes[bytes.find(content)] ^= 1;
  EXPECT_TRUE(contains(refusal(bytes), "it is damaged: the checksum of \"archive/data/0\" is wrong"));
}

}  // namespace
}  // namespace torchwing::test
