#include <cstdint>

#include "core/io/json_cursor.h"
#include "core/io/little_endian.h"
#include "core/io/safetensors_header.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

std::string safetensors(const std::string& header, const std::string& buffer = std::string(16, '\1')) {
  std::string bytes;
  appendLittle(bytes, static_cast<std::uint64_t>(header.size()));
  return bytes + header + buffer;
}

/// A file of 16 bytes of tensors whose header has these members.
std::string refusalOf(const std::string& members) {
  return refusal(safetensors("{" + members + "}"));
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" +
         offsets + "]}";
}

TEST(HostileSafetensors, TheTestFileItselfIsReadable) {
  const WeightFile file = readFrom(safetensors("{" + tensor("a", "U8", "4,4", "0,16") + "}"));
  EXPECT_EQ(file.tensors[0].tensor.sizes(), (at::IntArrayRef{4, 4}));
}

TEST(HostileSafetensors, BoundsTheHeader) {
  std::string bytes;
  appendLittle(bytes, kMostSafetensorsHeaderBytes + 1);
  EXPECT_TRUE(contains(refusal(bytes + "{}"), "its header has 100000001 bytes, expected at most 100000000"));
  bytes.clear();
  appendLittle(bytes, kMostSafetensorsHeaderBytes);
  EXPECT_TRUE(contains(refusal(bytes + "{}"), "cut off in its header"));
  EXPECT_TRUE(contains(refusal(safetensors(" {}", "")), "begins neither"));
  EXPECT_TRUE(contains(refusal(safetensors("{}", "")), "it holds no tensors"));
}

TEST(HostileSafetensors, RefusesHolesOverlapsAliasesAndRest) {
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "8", "0,8")), "has 16 bytes of tensors, expected 8"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "20", "0,20")), "expected 20: it is cut off"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "8", "0,8") + "," + tensor("b", "U8", "7", "9,16")),
                       "\"b\" begins at byte 9, expected 8"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "9", "0,9") + "," + tensor("b", "U8", "8", "8,16")),
                       "\"b\" begins at byte 8, expected 9"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "16", "0,16") + "," + tensor("b", "U8", "16", "0,16")),
                       "begins at byte 0, expected 16"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "8", "8,16")), "begins at byte 8, expected 0"));
}

TEST(HostileSafetensors, RefusesOffsetsAndShapesThatOverflowOrDisagree) {
  EXPECT_TRUE(
      contains(refusalOf(tensor("a", "U8", "16", "18446744073709551600,0")), "ends before it begins"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "16", "0,18446744073709551616")), "beyond 64 bits"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "F32", "432", "0,4")), "has 4 bytes, expected 1728"));
  EXPECT_TRUE(
      contains(refusalOf(tensor("a", "F32", "4611686018427387905", "0,4")), "too large for any memory"));
  EXPECT_TRUE(
      contains(refusalOf(tensor("a", "U8", "9223372036854775808", "0,16")), "too large for any memory"));
  EXPECT_TRUE(
      contains(refusalOf(tensor("a", "U8", "4294967296,4294967296", "0,0")), "too large for any memory"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "-1", "0,16")), "no unsigned integer"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "16.0", "0,16")), "no unsigned integer"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "1e1", "0,16")), "no unsigned integer"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "1,1,1,1,1,1,1,1,16", "0,16")), "more than 8 dimensions"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "16", "0,8,16")), "more than two data_offsets"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "16", "0")), "lacks dtype, shape or two data_offsets"));
}

TEST(HostileSafetensors, TensorsWithoutElementsTakeNoRoom) {
  const std::string members = tensor("a", "F32", "0,3", "0,0") + "," + tensor("b", "U8", "16", "0,16") + "," +
                              tensor("c", "F32", "0", "16,16");
  EXPECT_EQ(readFrom(safetensors("{" + members + "}")).tensors.size(), 3U);
  EXPECT_TRUE(contains(refusalOf(tensor("b", "U8", "16", "0,16") + "," + tensor("c", "F32", "0", "8,8")),
                       "\"c\" begins at byte 8"));
}

TEST(HostileSafetensors, RefusesUnknownAndForeignDtypesByName) {
  EXPECT_TRUE(contains(refusalOf(tensor("a", "F128", "1", "0,16")), "WEIGHTS_FORMAT"));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "F128", "1", "0,16")), "unknown dtype \"F128\""));
  EXPECT_TRUE(contains(refusalOf(tensor("a", "F8_E4M3", "16", "0,16")), "WEIGHTS_UNSUPPORTED"));
  EXPECT_TRUE(contains(refusal(safetensors("{" + tensor("a", "BOOL", "2", "0,2") + "}", "\1\2")),
                       "tensor \"a\" holds booleans other than 0 and 1"));
}

TEST(HostileSafetensors, RefusesDuplicateKeysHoweverTheyAreWritten) {
  EXPECT_TRUE(contains(refusalOf(tensor("a", "U8", "8", "0,8") + "," + tensor("\\u0061", "U8", "8", "8,16")),
                       "the key \"a\" twice"));
  EXPECT_TRUE(contains(refusalOf("\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}"), "the key \"a\" twice"));
  EXPECT_TRUE(
      contains(refusalOf("\"__metadata__\":{},\"__metadata__\":{}"), "the key \"__metadata__\" twice"));
  EXPECT_TRUE(contains(refusalOf("\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}"), "the key \"dtype\" twice"));
}

TEST(HostileSafetensors, MetadataIsTextOnly) {
  EXPECT_TRUE(contains(refusalOf("\"__metadata__\":{\"a\":1}"), "lacks '\"'"));
  EXPECT_TRUE(contains(refusalOf("\"__metadata__\":[]"), "lacks '{'"));
  EXPECT_TRUE(contains(refusalOf("\"__metadata__\":null"), "lacks '{'"));
}

TEST(HostileSafetensors, PassesOverFieldsOutsideTheFormat) {
  const std::string extra = R"("x":[1,-2.5e+3,{"y":null}],"z":"\ud83d\ude00",)";
  const WeightFile file =
      readFrom(safetensors("{\"a\":{" + extra + "\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16]}}"));
  EXPECT_EQ(file.tensors.size(), 1U);
}

TEST(HostileSafetensors, NotesAFileOfAnotherFramework) {
  const WeightFile file =
      readFrom(safetensors("{\"__metadata__\":{\"format\":\"tf\"}," + tensor("a", "U8", "16", "0,16") + "}"));
  ASSERT_EQ(file.notes.size(), 1U);
  EXPECT_TRUE(contains(file.notes[0], "written for \"tf\""));
}

TEST(HostileSafetensors, BoundsTheNumberOfTensors) {
  std::string members;
  for (std::size_t i = 0; i <= kMostSafetensorsEntries; ++i)
    members += (i == 0 ? "" : ",") + tensor(std::to_string(i), "U8", "0", "0,0");
  EXPECT_TRUE(contains(refusalOf(members), "more than 100,000 tensors"));
}

TEST(HostileJson, RefusesWhatIsNotJson) {
  const std::pair<const char*, const char*> cases[] = {
      {"{", "is cut off"},
      {"{\"a\"", "is cut off"},
      {"{\"a\":", "is cut off"},
      {"{\"a\":{}", "lacks"},
      {"{\"a", "ends inside a string"},
      {"{\"a\\", "ends inside a string"},
      {"{\"\\x\":1}", "unknown escape"},
      {"{\"\\u00g0\":1}", "without four hexadecimal digits"},
      {"{\"\\ud800\":1}", "half of a surrogate pair"},
      {"{\"\\udc00\":1}", "half of a surrogate pair"},
      {"{\"\\ud800\\u0041\":1}", "half of a surrogate pair"},
      {"{\"\x01\":1}", "control character"},
      {"{\"\xff\":1}", "not UTF-8"},
      {"{a:1}", "lacks '\"'"},
      {"{\"__metadata__\":{},}", "lacks '\"'"},
      {"{\"__metadata__\":{}}x", "goes on behind its end"},
      {"{\"__metadata__\":{} \"a\":1}", "lacks ','"},
      {"{\"a\":{\"x\":tru}}", "a value that is none"},
      {"{\"a\":{\"x\":01}}", "leading zero"},
      {"{\"a\":{\"x\":1.}}", "a value that is none"},
      {"{\"a\":{\"x\":-}}", "a value that is none"},
      {"{\"a\":{\"x\":1e}}", "a value that is none"},
      {"{\"a\":{\"shape\":[1,]}}", "no unsigned integer"},
      {"{\"a\":{\"shape\":[007]}}", "leading zero"},
  };
  for (const auto& [json, reason] : cases) {
    const std::string error = refusal(safetensors(json));
    EXPECT_TRUE(contains(error, "WEIGHTS_FORMAT")) << json;
    EXPECT_TRUE(contains(error, reason)) << json;
  }
}

TEST(HostileJson, BoundsDepth) {
  const std::string deep = "{\"a\":{\"x\":" + std::string(100'000, '[') + "}}";
  EXPECT_TRUE(contains(refusal(safetensors(deep)), "nests deeper than 32 levels"));
}

TEST(JsonString, IsReadBackAsItWas) {
  const std::string text = "a\"\\\n\t\x01 \u00e9 \U0001F600";
  const std::string json = jsonString(text);
  EXPECT_EQ(JsonCursor(json).string(), text);
}

}  // namespace
}  // namespace torchwing::test
