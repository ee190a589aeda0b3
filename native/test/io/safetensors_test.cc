#include <ATen/ops/rand.h>

#include <cstdint>

#include "core/error.h"
#include "core/io/little_endian.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

StateDict sample() {
  return {{"flags", ramp({2}, at::kBool)},
          {"layer.weight", at::rand({3, 4, 5})},
          {"layer.w\u00e9ight \"\\\n", ramp({2, 2}, at::kDouble)},
          {"count", ramp({}, at::kLong)},
          {"empty", at::rand({0, 3})},
          {"half", ramp({7}, at::kHalf)},
          {"bytes", ramp({3}, at::kByte)},
          {"large", ramp({300}, at::kBFloat16)},
          {"small", ramp({3}, at::kInt)}};
}

std::string written(const StateDict& tensors, const std::string& record = "") {
  const TemporaryFolder folder;
  writeWeights(folder.path("a"), tensors, record, WeightFormat::kSafetensors);
  return readBytes(folder.path("a"));
}

std::uint64_t headerSize(const std::string& bytes) {
  return loadLittle<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

TEST(Safetensors, RoundTripKeepsOrderBitsAndRecord) {
  const std::string record = "{\"classes\":[\"K\u00e4fer \\\"1\\\"\",\"Biene\"]}";
  const StateDict expected = sample();
  const WeightFile read = readFrom(written(expected, record));
  EXPECT_EQ(read.record, record);
  ASSERT_EQ(read.tensors.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(read.tensors[i].name, expected[i].name);
    EXPECT_EQ(read.tensors[i].tensor.scalar_type(), expected[i].tensor.scalar_type());
    EXPECT_EQ(read.tensors[i].tensor.sizes(), expected[i].tensor.sizes());
    EXPECT_TRUE(read.tensors[i].tensor.equal(expected[i].tensor)) << expected[i].name;
  }
}

TEST(Safetensors, WritesViewsAsContiguousTensors) {
  const at::Tensor values = ramp({5, 3});
  const WeightFile read = readFrom(written({{"whole", values}, {"transposed", values.t()}}));
  EXPECT_TRUE(read.tensors[0].tensor.equal(values));
  EXPECT_TRUE(read.tensors[1].tensor.equal(values.t()));
}

TEST(Safetensors, TheHeaderIsPaddedToEightBytesAndLargeElementsComeFirst) {
  const std::string bytes =
      written({{"bool", ramp({2}, at::kBool)}, {"float", ramp({3})}, {"long", ramp({1}, at::kLong)}});
  EXPECT_EQ(headerSize(bytes) % 8, 0U);
  std::string header = bytes.substr(8, headerSize(bytes));
  header.resize(header.find_last_not_of(' ') + 1);
  EXPECT_EQ(header,
            R"({"__metadata__":{"format":"pt"},"bool":{"dtype":"BOOL","shape":[2],"data_offsets":[20,22]},)"
            R"("float":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},)"
            R"("long":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})");
  EXPECT_EQ(bytes.size(), 8 + headerSize(bytes) + 22);
}

TEST(Safetensors, EqualWeightsGiveEqualBytes) {
  const at::Tensor weight = at::rand({4});
  EXPECT_EQ(written({{"a", weight}}, "{}"), written({{"a", weight.clone()}}, "{}"));
}

TEST(Safetensors, ReadsWhatTheOfficialLibraryWrites) {
  for (const char* name : {"safetensors", "safetensorsUnaligned"}) {
    const WeightFile file = readFrom(fixture(name));
    EXPECT_EQ(file.tensors.size(), 10U);
    EXPECT_EQ(file.record, std::nullopt);
    const std::pair<const char*, at::ScalarType> expected[] = {
        {"float32", at::kFloat},     {"float64", at::kDouble}, {"float16", at::kHalf},
        {"bfloat16", at::kBFloat16}, {"int64", at::kLong},     {"int32", at::kInt},
        {"uint8", at::kByte}};
    for (const auto& [dtype_name, dtype] : expected) {
      EXPECT_TRUE(tensorNamed(file.tensors, dtype_name).equal(ramp({2, 3}, dtype))) << dtype_name;
    }
    EXPECT_EQ(tensorNamed(file.tensors, "empty").sizes(), (at::IntArrayRef{0, 4}));
    EXPECT_EQ(tensorNamed(file.tensors, "scalar").item<std::int64_t>(), 7);
  }
}

TEST(Safetensors, TakesDataParallelsPrefixOffAndNotesConversions) {
  const WeightFile file = readFrom(written({{"module.a", ramp({2}, at::kHalf)}, {"module.b", ramp({2})}}));
  EXPECT_EQ(file.tensors[0].name, "a");
  ASSERT_EQ(file.notes.size(), 2U);
  EXPECT_EQ(file.notes[0], "The prefix \"module.\" was taken off every name.");
  EXPECT_TRUE(contains(file.notes[1], "1 of 2 tensors are Half"));
}

TEST(Safetensors, CannotHoldATensorCalledMetadataNorOtherDtypes) {
  for (const NamedTensor& entry :
       {NamedTensor{"__metadata__", ramp({1})}, NamedTensor{"a", ramp({1}, at::kShort)}}) {
    const TemporaryFolder folder;
    try {
      writeWeights(folder.path("a.safetensors"), {entry}, "", WeightFormat::kSafetensors);
      ADD_FAILURE() << "expected an error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "WEIGHTS_UNSUPPORTED");
    }
    EXPECT_TRUE(folder.names().empty());
  }
}

}  // namespace
}  // namespace torchwing::test
