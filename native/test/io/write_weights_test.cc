#include <ATen/ops/rand.h>
#include <sys/resource.h>

#include <csignal>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

StateDict sample() {
  return {{"layer.weight", at::rand({3, 4, 5})}, {"layer.wéight", ramp({2, 2}, at::kDouble)},
          {"count", ramp({}, at::kLong)},        {"empty", at::rand({0, 3})},
          {"half", ramp({7}, at::kHalf)},        {"flags", ramp({2}, at::kBool)},
          {"large", ramp({300}, at::kBFloat16)}};
}

TEST(WriteWeights, RoundTripIsBitExact) {
  const TemporaryFolder folder;
  const StateDict written = sample();
  writeWeights(folder.path("a.pth"), written, "{\"classes\":[\"Ameise\",\"Biene\"]}");
  const WeightFile read = readWeights(folder.path("a.pth"));
  EXPECT_EQ(read.record, "{\"classes\":[\"Ameise\",\"Biene\"]}");
  ASSERT_EQ(read.tensors.size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(read.tensors[i].name, written[i].name);
    EXPECT_EQ(read.tensors[i].tensor.scalar_type(), written[i].tensor.scalar_type());
    EXPECT_TRUE(read.tensors[i].tensor.equal(written[i].tensor)) << written[i].name;
  }
}

TEST(WriteWeights, WritesViewsAsContiguousTensors) {
  const TemporaryFolder folder;
  const at::Tensor base = ramp({2, 3});
  writeWeights(folder.path("a.pth"), {{"t", base.t()}, {"column", base.select(1, 1)}}, "");
  const WeightFile read = readWeights(folder.path("a.pth"));
  EXPECT_TRUE(read.tensors[0].tensor.equal(base.t()));
  EXPECT_TRUE(read.tensors[0].tensor.is_contiguous());
  EXPECT_TRUE(read.tensors[1].tensor.equal(base.select(1, 1)));
}

TEST(WriteWeights, AnEmptyRecordWritesNone) {
  const TemporaryFolder folder;
  writeWeights(folder.path("a.pth"), sample(), "");
  EXPECT_EQ(readWeights(folder.path("a.pth")).record, std::nullopt);
}

TEST(WriteWeights, EqualWeightsGiveEqualBytesWhateverThePath) {
  const TemporaryFolder folder;
  const StateDict tensors = sample();
  writeWeights(folder.path("a.pth"), tensors, "{}");
  writeWeights(folder.path("other name.pth"), tensors, "{}");
  EXPECT_EQ(readBytes(folder.path("a.pth")), readBytes(folder.path("other name.pth")));
}

TEST(WriteWeights, RecordsBeginAtMultiplesOf64) {
  const TemporaryFolder folder;
  writeWeights(folder.path("a.pth"), {{"a", ramp({5})}, {"b", ramp({3})}}, "{}");
  const std::string bytes = readBytes(folder.path("a.pth"));
  const at::Tensor a = ramp({5});
  const std::string content(static_cast<const char*>(a.const_data_ptr()), a.nbytes());
  EXPECT_EQ(bytes.find(content) % 64, 0U);
}

TEST(WriteWeights, RefusesDtypesThatWeightFilesDoNotHold) {
  const TemporaryFolder folder;
  try {
    writeWeights(folder.path("a.pth"), {{"a", ramp({2}).to(at::kComplexFloat)}}, "{}");
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "WEIGHTS_UNSUPPORTED");
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(WriteWeights, NamesAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  try {
    writeWeights(folder.path("absent/a.pth"), sample(), "{}");
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "OUTPUT_WRITE");
    EXPECT_TRUE(
        contains(error.what(), "absent/a.pth\" cannot be written: it cannot be created (No such file"));
  }
}

TEST(AtomicFile, LeavesTheOldFileAndNothingElseWhenNotCommitted) {
  const TemporaryFolder folder;
  writeBytes(folder.path("a.pth"), "old");
  {
    AtomicFile file(folder.path("a.pth"));
    file.write("new", 3);
    EXPECT_EQ(folder.names().size(), 2U);
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.pth"});
  EXPECT_EQ(readBytes(folder.path("a.pth")), "old");
}

TEST(AtomicFile, ReplacesTheOldFileOnCommit) {
  const TemporaryFolder folder;
  writeBytes(folder.path("a.pth"), "old, and longer");
  AtomicFile file(folder.path("a.pth"));
  file.write("new", 3);
  file.commit();
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.pth"});
  EXPECT_EQ(readBytes(folder.path("a.pth")), "new");
}

/// No file of this process may grow beyond `bytes` while it lives, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST(WriteWeights, AFailedWriteAtAnySizeLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.pth");
  const StateDict tensors = sample();
  writeWeights(path, tensors, "{}");
  const std::string before = readBytes(path);
  for (std::size_t room = 0; room < before.size(); room += 97) {
    const FileSizeLimit limit(room);
    try {
      writeWeights(path, tensors, "{}");
      ADD_FAILURE() << "expected an error with room for " << room << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "OUTPUT_WRITE");
      EXPECT_TRUE(contains(error.what(), "writing failed (File too large)"));
    }
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.pth"});
  EXPECT_EQ(readBytes(path), before);
}

}  // namespace
}  // namespace torchwing::test
