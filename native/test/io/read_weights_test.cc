#include <ATen/ops/tensor.h>

#include <filesystem>

#include "core/error.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

std::vector<std::string> namesOf(const StateDict& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& entry : tensors) names.push_back(entry.name);
  return names;
}

void expectOnlyA(const WeightFile& file) {
  ASSERT_EQ(namesOf(file.tensors), std::vector<std::string>{"a"});
  EXPECT_TRUE(file.tensors[0].tensor.equal(ramp({2, 2})));
}

TEST(ReadWeights, ReadsTheStateDictOfAModuleInOrder) {
  const WeightFile file = readFrom(fixture("module"));
  EXPECT_EQ(namesOf(file.tensors),
            (std::vector<std::string>{"conv.weight", "bn.weight", "bn.bias", "bn.running_mean",
                                      "bn.running_var", "bn.num_batches_tracked"}));
  EXPECT_TRUE(tensorNamed(file.tensors, "conv.weight").equal(ramp({2, 1, 1, 1})));
  EXPECT_TRUE(tensorNamed(file.tensors, "bn.running_var").equal(ramp({2})));
  EXPECT_EQ(tensorNamed(file.tensors, "bn.num_batches_tracked").dim(), 0);
  EXPECT_EQ(tensorNamed(file.tensors, "bn.num_batches_tracked").scalar_type(), at::kLong);
  EXPECT_EQ(file.record, std::nullopt);
  EXPECT_TRUE(file.notes.empty());
}

TEST(ReadWeights, ReadsAPlainDict) {
  const WeightFile file = readFrom(fixture("plainDict"));
  EXPECT_EQ(namesOf(file.tensors), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(file.tensors[1].tensor.equal(ramp({3})));
}

TEST(ReadWeights, ReadsParametersAsDetachedTensors) {
  const WeightFile file = readFrom(fixture("parameters"));
  expectOnlyA(file);
  EXPECT_FALSE(file.tensors[0].tensor.requires_grad());
}

TEST(ReadWeights, KeepsEveryDtypeAndNamesThoseThatLoadingConverts) {
  const WeightFile file = readFrom(fixture("everyDtype"));
  const std::pair<const char*, at::ScalarType> expected[] = {
      {"float32", at::kFloat}, {"float64", at::kDouble}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
      {"int64", at::kLong},    {"int32", at::kInt},      {"uint8", at::kByte}};
  for (const auto& [name, dtype] : expected) {
    EXPECT_TRUE(tensorNamed(file.tensors, name).equal(ramp({2, 3}, dtype))) << name;
  }
  EXPECT_TRUE(tensorNamed(file.tensors, "bool").equal(at::tensor({1, 0, 1}).to(at::kBool)));
  EXPECT_EQ(tensorNamed(file.tensors, "empty").sizes(), (at::IntArrayRef{0, 4}));
  EXPECT_EQ(tensorNamed(file.tensors, "scalar").item<std::int64_t>(), 7);
  ASSERT_EQ(file.notes.size(), 3U);
  EXPECT_EQ(file.notes[0],
            "1 of 10 tensors are Half; a model converts them to its own dtype when it loads them.");
}

TEST(ReadWeights, TakesTheStateDictOutOfACheckpointAndStripsDataParallelsPrefix) {
  const WeightFile file = readFrom(fixture("checkpoint"));
  ASSERT_EQ(file.tensors.size(), 6U);
  EXPECT_EQ(file.tensors[0].name, "conv.weight");
  EXPECT_TRUE(file.tensors[0].tensor.equal(ramp({2, 1, 1, 1})));
  ASSERT_EQ(file.notes.size(), 2U);
  EXPECT_EQ(file.notes[0], "The weights were taken from the file's entry \"state_dict\".");
  EXPECT_EQ(file.notes[1], "The prefix \"module.\" was taken off every name.");
}

TEST(ReadWeights, KeepsTheVersionsOfModulesUnderTheirOwnNames) {
  const WeightFile file = readFrom(fixture("module"));
  EXPECT_EQ(file.versions, (ModuleVersions{{"", 1}, {"conv", 1}, {"bn", 2}}));
  const WeightFile parallel = readFrom(fixture("parallelModule"));
  EXPECT_EQ(parallel.versions, file.versions);
  EXPECT_EQ(namesOf(parallel.tensors), namesOf(file.tensors));
}

TEST(ReadWeights, TakesOnlyTheNamesUnderAPrefix) {
  const TemporaryFolder folder;
  writeBytes(folder.path("x.pth"), fixture("module"));
  const WeightFile file = readWeights(folder.path("x.pth"), "bn.");
  EXPECT_EQ(namesOf(file.tensors), (std::vector<std::string>{"weight", "bias", "running_mean", "running_var",
                                                             "num_batches_tracked"}));
  EXPECT_EQ(file.versions, (ModuleVersions{{"", 2}}));
  EXPECT_EQ(file.notes,
            std::vector<std::string>{
                "1 of 6 tensors were left out: their names do not begin with the prefix \"bn.\"."});
  try {
    readWeights(folder.path("x.pth"), "backbone.");
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "WEIGHTS_MISMATCH");
    EXPECT_TRUE(contains(error.what(), "begins with the prefix \"backbone.\""));
    EXPECT_TRUE(contains(error.hint(), "\"conv.weight\", \"bn.weight\", \"bn.bias\", …"));
  }
}

TEST(ReadWeights, TakesTheEntryModel) {
  const WeightFile file = readFrom(fixture("modelEntry"));
  expectOnlyA(file);
  EXPECT_EQ(file.notes, std::vector<std::string>{"The weights were taken from the file's entry \"model\"."});
}

TEST(ReadWeights, KeepsViewsOfOneStorage) {
  const WeightFile file = readFrom(fixture("sharedStorage"));
  const at::Tensor whole = tensorNamed(file.tensors, "whole");
  EXPECT_TRUE(whole.equal(ramp({2, 3})));
  EXPECT_TRUE(tensorNamed(file.tensors, "row").equal(whole[1]));
  EXPECT_TRUE(tensorNamed(file.tensors, "transposed").equal(whole.t()));
  EXPECT_TRUE(tensorNamed(file.tensors, "column").equal(whole.select(1, 1)));
  EXPECT_EQ(tensorNamed(file.tensors, "row").storage().data(), whole.storage().data());
}

TEST(ReadWeights, ReadsTheFormatFromBeforeVersion16) {
  expectOnlyA(readFrom(fixture("legacy")));
  const WeightFile file = readFrom(fixture("legacyViews"));
  const at::Tensor whole = tensorNamed(file.tensors, "whole");
  EXPECT_TRUE(whole.equal(ramp({2, 3})));
  EXPECT_TRUE(tensorNamed(file.tensors, "row").equal(whole[1]));
  EXPECT_TRUE(tensorNamed(file.tensors, "counts").equal(ramp({3}, at::kLong)));
}

TEST(ReadWeights, ReadsTensorsOfAGpuToTheCpu) {
  const WeightFile file = readFrom(fixture("onCuda"));
  expectOnlyA(file);
  EXPECT_TRUE(file.tensors[0].tensor.device().is_cpu());
}

TEST(ReadWeights, OnlyRemarksOnWrongChecksumsOfFilesThatAreNotOurs) {
  const WeightFile file = readFrom(fixture("withoutChecksums"));
  expectOnlyA(file);
  ASSERT_EQ(file.notes.size(), 1U);
  EXPECT_TRUE(contains(file.notes[0], "The checksum of \"archive/"));
}

TEST(ReadWeights, RefusesAPickleThatRunsACommandByName) {
  const std::string error = refusal(fixture("command"));
  EXPECT_TRUE(contains(error, "WEIGHTS_UNSAFE: The weight file \""));
  EXPECT_TRUE(contains(error, "its pickle names \"posix.system\""));
  EXPECT_FALSE(std::filesystem::exists("torchwing-was-here"));
}

TEST(ReadWeights, SaysWhatToRunInPythonForWholeModelsAndTorchScript) {
  const std::string whole = refusal(fixture("wholeModule"));
  EXPECT_TRUE(contains(whole, "WEIGHTS_UNSUPPORTED"));
  EXPECT_TRUE(contains(whole, "\"torch.nn.modules.activation.ReLU\""));
  EXPECT_TRUE(contains(whole, "state_dict(), \"weights.pth\")"));
  const std::string script = refusal(fixture("torchScript"));
  EXPECT_TRUE(contains(script, "WEIGHTS_UNSUPPORTED"));
  EXPECT_TRUE(contains(script, "TorchScript"));
  EXPECT_TRUE(contains(script, "torch.jit.load"));
}

TEST(ReadWeights, RefusesObjectsThatAreNotStateDicts) {
  EXPECT_TRUE(contains(refusal(fixture("singleTensor")), "WEIGHTS_UNSUPPORTED"));
}

TEST(ReadWeights, RefusesDtypesThatNoModelHereHas) {
  const std::string error = refusal(fixture("int8"));
  EXPECT_TRUE(contains(error, "WEIGHTS_UNSUPPORTED"));
  EXPECT_TRUE(contains(error, "\"torch.CharStorage\""));
}

TEST(ReadWeights, NamesOtherKindsOfFile) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "it is empty"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git-LFS pointer"},
      {"\n <!DOCTYPE html><html>", "web page"},
      {std::string(257, '\0') + "ustar", "tar archive"},
      {"\x80\x02}.", "bare pickle"},
      {"hello", "it begins neither as a .pth does nor as safetensors do"},
      {fixture("deflated"), "compressed (method 8, deflate)"},
  };
  for (const auto& [bytes, reason] : cases) {
    const std::string error = refusal(bytes);
    EXPECT_TRUE(contains(error, "WEIGHTS_FORMAT: The weight file \"")) << reason;
    EXPECT_TRUE(contains(error, reason));
  }
}

TEST(ReadWeights, SaysWhenThereIsNoSuchFileOrItIsAFolder) {
  const TemporaryFolder folder;
  for (const char* name : {"absent.pth", ""}) {
    try {
      readWeights(folder.path(name));
      ADD_FAILURE() << "expected an error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "WEIGHTS_NOT_FOUND");
      EXPECT_TRUE(contains(error.what(), folder.path(name)));
    }
  }
}

}  // namespace
}  // namespace torchwing::test
