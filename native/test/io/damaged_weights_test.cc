#include <cstdint>
#include <cstring>
#include <map>

#include "core/error.h"
#include "test/io/meaningless_fields.h"
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
    if (!a[i].tensor.sizes().equals(b[i].tensor.sizes())) return false;
    // Bits and not values: 0 equals -0, and NaN nothing.
    const at::Tensor left = a[i].tensor.contiguous(), right = b[i].tensor.contiguous();
    const std::size_t size = left.nbytes();
    if (size > 0 && std::memcmp(left.const_data_ptr(), right.const_data_ptr(), size) != 0) return false;
  }
  return true;
}

/// kTold: the tensors are the same, but a note says that something is wrong, or the record or a version
/// differs.
enum class Outcome { kRefused, kDifferent, kTold, kSame };

Outcome outcomeOf(const std::string& bytes, const WeightFile& whole) {
  try {
    const WeightFile file = readFrom(bytes);
    if (!sameTensors(file.tensors, whole.tensors)) return Outcome::kDifferent;
    const bool equal =
        file.notes == whole.notes && file.record == whole.record && file.versions == whole.versions;
    return equal ? Outcome::kSame : Outcome::kTold;
  } catch (const Error& error) {
    EXPECT_TRUE(isTyped(error.code())) << error.code();
    return Outcome::kRefused;
  }
}

std::string ours(WeightFormat format) {
  const TemporaryFolder folder;
  writeWeights(folder.path("a"), {{"weight", ramp({2, 3})}, {"count", ramp({}, at::kLong)}},
               "{\"classes\":[]}", format);
  return readBytes(folder.path("a"));
}

/// Small files of each kind: ours, PyTorch's in both of its formats, the official library's.
std::string fileOf(const std::string& kind) {
  if (kind == "oursPth") return ours(WeightFormat::kPth);
  if (kind == "oursSafetensors") return ours(WeightFormat::kSafetensors);
  return fixture(kind);
}

class DamagedWeights : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Kinds, DamagedWeights,
                         testing::Values("oursPth", "oursSafetensors", "plainDict", "legacy", "legacyViews",
                                         "safetensors"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(DamagedWeights, EveryTruncationIsATypedError) {
  const std::string bytes = fileOf(GetParam());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string error = refusal(bytes.substr(0, size));
    EXPECT_EQ(error.compare(0, 16, "WEIGHTS_FORMAT: "), 0) << size << " bytes: " << error;
  }
}

TEST_P(DamagedWeights, EveryFlippedByteIsAnErrorOrChangesTheTensorsOrCarriesNoMeaning) {
  const std::string whole = fileOf(GetParam());
  const WeightFile expected = readFrom(whole);
  const std::vector<std::string> meaningless = meaninglessFields(whole);
  std::map<Outcome, std::size_t> counts;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x10, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      const Outcome outcome = outcomeOf(bytes, expected);
      ++counts[outcome];
      EXPECT_TRUE(outcome != Outcome::kSame || !meaningless[i].empty())
          << "byte " << i << " of " << whole.size() << " with mask " << mask << " changes nothing";
    }
  }
  EXPECT_GT(counts[Outcome::kRefused], 0U);
}

TEST(DamagedWeightsOfOurs, AFlippedByteNeverChangesTensorsOrRecordOfAPth) {
  const std::string whole = ours(WeightFormat::kPth);
  const WeightFile expected = readFrom(whole);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x01);
    const Outcome outcome = outcomeOf(bytes, expected);
    EXPECT_TRUE(outcome == Outcome::kRefused || outcome == Outcome::kSame) << "byte " << i;
  }
}

TEST(DamagedWeightsOfOurs, AFlippedTensorByteIsNamedByItsRecord) {
  std::string bytes = ours(WeightFormat::kPth);
  const at::Tensor weight = ramp({2, 3});
  const std::string content(static_cast<const char*>(weight.const_data_ptr()), weight.nbytes());
  bytes[bytes.find(content)] ^= 1;
  EXPECT_TRUE(contains(refusal(bytes), "it is damaged: the checksum of \"archive/data/0\" is wrong"));
}

}  // namespace
}  // namespace torchwing::test
