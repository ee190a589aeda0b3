#include <cerrno>

#include "core/error.h"
#include "core/io/checkpoint_file.h"
#include "test/io/failing_call.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

struct Fault {
  const char* name;
  Call call;
  int error;
};

constexpr Fault kFaults[] = {
    {"open EACCES", Call::kOpenForWriting, EACCES},
    {"open ENOSPC", Call::kOpenForWriting, ENOSPC},
    {"write ENOSPC", Call::kWrite, ENOSPC},
    {"write EIO", Call::kWrite, EIO},
    {"write short", Call::kWrite, FailingCall::kShort},
    {"fsync EIO", Call::kFsync, EIO},
    {"fsync ENOSPC", Call::kFsync, ENOSPC},
    {"rename EIO", Call::kRename, EIO},
    {"rename EACCES", Call::kRename, EACCES},
};

StateDict tensorsOf(float first) {
  StateDict tensors = {{"model.conv1.weight", ramp({3, 4})},
                       {"model.n", ramp({}, at::kLong)},
                       {"momentum.conv1.weight", ramp({2, 5})},
                       {"best.fc.bias", ramp({7})}};
  tensors[0].tensor.fill_(first);
  return tensors;
}

class FailingDisk : public testing::TestWithParam<std::tuple<Fault, Failing>> {
 protected:
  /// Which of the two lies there: whatever failed, one of them does, whole.
  float found() const {
    const WeightFile read = readCheckpoint(path_);
    return read.tensors.at(0).tensor.flatten()[0].item<float>();
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("checkpoint.pth");
};

// Every call of a kind in turn, until there are no more.
TEST_P(FailingDisk, RefusesACheckpointAndKeepsTheOneBefore) {
  const auto& [fault, failing] = GetParam();
  const bool is_harmless = fault.error == FailingCall::kShort;
  int calls = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    writeCheckpoint(path_, tensorsOf(1), "{}");
    std::string code;
    {
      const FailingCall failing_call(fault.call, nth, fault.error, failing);
      try {
        writeCheckpoint(path_, tensorsOf(2), "{}");
      } catch (const Error& error) {
        code = error.code();
      }
      calls = failing_call.seen();
    }
    const bool was_hit = calls >= nth;
    EXPECT_EQ(code, was_hit && !is_harmless ? "OUTPUT_WRITE" : "");
    // Behind the renaming only the folder is left to bring to the disk: that may fail with the new file in
    // its place.
    const bool is_renamed = code.empty() || (fault.call == Call::kFsync && nth == 2);
    EXPECT_EQ(found(), is_renamed ? 2 : 1);
    EXPECT_EQ(folder_.names(), std::vector<std::string>{"checkpoint.pth"});
    if (!was_hit) break;
  }
  EXPECT_GE(calls, fault.call == Call::kWrite ? 8 : 1) << "two for each tensor at the least";
}

std::string nameOf(const testing::TestParamInfo<FailingDisk::ParamType>& parameter) {
  const auto& [fault, failing] = parameter.param;
  std::string name = fault.name;
  name[name.find(' ')] = '_';
  return name + (failing == Failing::kOnce ? "_Once" : "_FromThereOn");
}

INSTANTIATE_TEST_SUITE_P(AllCalls, FailingDisk,
                         testing::Combine(testing::ValuesIn(kFaults),
                                          testing::Values(Failing::kOnce, Failing::kFromThereOn)),
                         nameOf);

}  // namespace
}  // namespace torchwing::test
