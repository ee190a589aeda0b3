#include "core/io/checkpoint_file.h"

#include <cerrno>

#include "core/error.h"
#include "core/io/crc64.h"
#include "test/io/failing_call.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

const std::string kRecord = R"({"kind":"checkpoint"})";

StateDict sample() {
  return {{"model.fc.weight", ramp({3, 4})},
          {"momentum.fc.weight", ramp({3, 4})},
          {"model.n", ramp({}, at::kLong)}};
}

std::string refusalOf(const std::string& path) {
  try {
    readCheckpoint(path);
    return "";
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
}

class CheckpointFile : public testing::Test {
 protected:
  void SetUp() override {
    writeCheckpoint(path_, sample(), kRecord);
    bytes_ = readBytes(path_);
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.path("checkpoint.pth");
  std::string bytes_;
};

TEST_F(CheckpointFile, IsReadAsItWasWritten) {
  const WeightFile read = readCheckpoint(path_);
  EXPECT_EQ(read.record, kRecord);
  ASSERT_EQ(read.tensors.size(), 3U);
  EXPECT_EQ(read.tensors[1].name, "momentum.fc.weight");
  EXPECT_TRUE(read.tensors[1].tensor.equal(ramp({3, 4})));
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"checkpoint.pth"});
}

TEST_F(CheckpointFile, IsAWeightFileToo) {
  EXPECT_EQ(readWeights(path_).tensors.size(), 3U);
}

// Every byte counts: also padding, time stamps and whatever else no reader of a .pth looks at.
TEST_F(CheckpointFile, EveryFlippedByteIsSeen) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    writeBytes(path_, damaged);
    EXPECT_TRUE(refusalOf(path_).starts_with("CHECKPOINT_")) << "byte " << at;
  }
}

TEST_F(CheckpointFile, EveryLengthButItsOwnIsSeen) {
  for (std::size_t length = 0; length < bytes_.size(); ++length) {
    writeBytes(path_, bytes_.substr(0, length));
    EXPECT_TRUE(refusalOf(path_).starts_with("CHECKPOINT_DAMAGED")) << length << " bytes";
  }
  writeBytes(path_, bytes_ + "more");
  EXPECT_TRUE(contains(refusalOf(path_), "CHECKPOINT_DAMAGED"));
}

TEST_F(CheckpointFile, SaysWhatItIsNot) {
  EXPECT_TRUE(contains(refusalOf(folder_.path("absent.pth")), "CHECKPOINT_NOT_FOUND"));
  writeWeights(path_, sample(), "");
  EXPECT_TRUE(
      contains(refusalOf(path_), "CHECKPOINT_DAMAGED: The checkpoint \"" + path_ + "\" cannot be read"));
  std::string later = bytes_;
  later[later.rfind("torchwing-checkpoint ") + 21] = '2';
  writeBytes(path_, later);
  EXPECT_TRUE(contains(refusalOf(path_), "CHECKPOINT_UNSUPPORTED"));
}

// What the process is refused for a moment says nothing of the file.
TEST_F(CheckpointFile, ThatTheSystemRefusesIsNotDamaged) {
  const std::string unreadable = "CHECKPOINT_UNREADABLE: The checkpoint \"" + path_ + "\" cannot be read: ";
  {
    const FailingCall opening(Call::kOpen, 1, EMFILE, Failing::kOnce);
    EXPECT_EQ(refusalOf(path_), unreadable + "Too many open files.");
  }
  int calls = 0;
  for (int nth = 1; calls >= nth - 1; ++nth) {
    const FailingCall reading(Call::kRead, nth, EIO, Failing::kOnce);
    const std::string refused = refusalOf(path_);
    calls = reading.seen();
    EXPECT_EQ(refused, calls >= nth ? unreadable + "Input/output error." : "") << "read " << nth;
  }
  EXPECT_GE(calls, 2);
}

TEST(Crc64, IsThatOfXz) {
  const std::string digits = "123456789";
  Crc64 whole;
  whole.add(digits.data(), digits.size());
  EXPECT_EQ(whole.value(), 0x995DC9BBDF1939FAULL);
  const std::string text = digits + digits + digits + digits;
  Crc64 once, pieces;
  once.add(text.data(), text.size());
  pieces.add(text.data(), 11);
  pieces.add(text.data() + 11, text.size() - 11);
  EXPECT_EQ(once.value(), pieces.value());
}

}  // namespace
}  // namespace torchwing::test
