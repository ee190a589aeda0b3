#include <cstdint>

#include "core/io/little_endian.h"
#include "core/io/restricted_unpickler.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

const std::string kBegin = "\x80\x02";
const std::string kOrderedDict = "ccollections\nOrderedDict\n)R";

std::string text(const std::string& value) {
  std::string result = "X";
  appendLittle(result, static_cast<std::uint32_t>(value.size()));
  return result + value;
}

std::string integer(std::int64_t value) {
  std::string result = "\x8a\x08";
  appendLittle(result, static_cast<std::uint64_t>(value));
  return result;
}

std::string tuple(const std::vector<std::int64_t>& values) {
  std::string result = "(";
  for (const std::int64_t value : values) result += integer(value);
  return result + "t";
}

/// ('storage', torch.<type>, key, 'cpu', elements) as a persistent id.
std::string storage(const std::string& type, const std::string& key, std::int64_t elements) {
  return "(" + text("storage") + "ctorch\n" + type + "\n" + text(key) + text("cpu") + integer(elements) +
         "tQ";
}

std::string tensor(const std::string& its_storage, std::int64_t offset,
                   const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + its_storage + integer(offset) + tuple(sizes) +
         tuple(strides) + "\x89" + kOrderedDict + "tR";
}

std::string floats(std::int64_t offset, const std::vector<std::int64_t>& sizes,
                   const std::vector<std::int64_t>& strides) {
  return tensor(storage("FloatStorage", "0", 4), offset, sizes, strides);
}

/// The refusal of a .pth whose state_dict has this one entry.
std::string refusalOf(const std::string& value) {
  return refusal(pthOf(kBegin + "}(" + text("a") + value + "u."));
}

std::string refusalOfPickle(const std::string& pickle) {
  return refusal(pthOf(pickle));
}

TEST(HostilePickle, TheTestFilesThemselvesAreReadable) {
  const WeightFile file = readFrom(pthOf(kBegin + "}(" + text("a") + floats(0, {2, 2}, {2, 1}) + "u."));
  ASSERT_EQ(file.tensors.size(), 1U);
  EXPECT_TRUE(file.tensors[0].tensor.equal(ramp({2, 2})));
}

TEST(HostilePickle, NamesTheGlobalThatIsNotOnTheList) {
  for (const char* module :
       {"os", "posix", "builtins", "torch.storage", "numpy.core.multiarray", "torchvisionx"}) {
    const std::string error = refusalOf("c" + std::string(module) + "\nsystem\n" + text("true") + "\x85R");
    EXPECT_TRUE(contains(error, "WEIGHTS_UNSAFE"));
    EXPECT_TRUE(contains(error, "\"" + std::string(module) + ".system\""));
  }
}

TEST(HostilePickle, ShowsUnprintableNamesWithoutPrintingThem) {
  EXPECT_TRUE(contains(refusalOf("cos\x1b[2J\nsystem\n"), "\"os\\x1b[2J.system\""));
}

TEST(HostilePickle, RefusesAStorageThatDeclaresMoreThanItsRecordHolds) {
  EXPECT_TRUE(contains(refusalOf(tensor(storage("FloatStorage", "0", 108), 0, {108}, {1})),
                       "storage \"0\" has 16 bytes, expected 108 elements of Float"));
  EXPECT_TRUE(
      contains(refusalOf(tensor(storage("FloatStorage", "0", INT64_MAX), 0, {4}, {1})), "has 16 bytes"));
  EXPECT_TRUE(contains(refusalOf(tensor(storage("FloatStorage", "0", std::int64_t{1} << 62), 0, {4}, {1})),
                       "has 16 bytes"));
  EXPECT_TRUE(contains(refusalOf(tensor(storage("FloatStorage", "7", 4), 0, {4}, {1})),
                       "no record for storage \"7\""));
  EXPECT_TRUE(contains(refusalOf(tensor(storage("FloatStorage", "../data.pkl", 4), 0, {4}, {1})),
                       "no record for storage"));
}

TEST(HostilePickle, RefusesViewsThatLeaveTheirStorage) {
  EXPECT_TRUE(contains(refusalOf(floats(1, {4}, {1})), "reaches to element 4 of storage \"0\", which has 4"));
  EXPECT_TRUE(contains(refusalOf(floats(0, {2, 2}, {3, 1})), "reaches to element 4"));
  EXPECT_TRUE(contains(refusalOf(floats(-1, {1}, {1})), "negative offset"));
  EXPECT_TRUE(contains(refusalOf(floats(0, {-1}, {1})), "negative sizes"));
  EXPECT_TRUE(contains(refusalOf(floats(3, {4}, {-1})), "negative strides"));
  EXPECT_TRUE(contains(refusalOf(floats(0, {2, 2}, {1})), "2 sizes and 1 strides"));
  EXPECT_TRUE(contains(refusalOf(floats(5, {0}, {1})), "begins behind the end"));
}

TEST(HostilePickle, RefusesSizesThatOverflowOrRepeat) {
  const std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_TRUE(contains(refusalOf(floats(0, {huge, 4}, {0, 0})), "too large for any memory"));
  EXPECT_TRUE(contains(refusalOf(floats(0, {3}, {huge})), "too large for any memory"));
  EXPECT_TRUE(contains(refusalOf(floats(INT64_MAX, {2}, {1})), "too large for any memory"));
  EXPECT_TRUE(contains(refusalOf(floats(0, {huge}, {0})), "repeats the 4 of storage"));
  EXPECT_TRUE(contains(refusalOf(floats(0, std::vector<std::int64_t>(9, 1), std::vector<std::int64_t>(9, 1))),
                       "more than 8 dimensions"));
}

TEST(HostilePickle, ReadsTheOrderedDictOfPython2) {
  const std::string pairs = "]](" + text("a") + floats(0, {4}, {1}) + "ea";
  const WeightFile file = readFrom(pthOf(kBegin + "ccollections\nOrderedDict\n" + pairs + "\x85R."));
  EXPECT_TRUE(tensorNamed(file.tensors, "a").equal(ramp({4})));
}

TEST(HostilePickle, ReadsParametersFromBeforeVersion04) {
  const std::string parameter = "ctorch.nn.parameter\nParameter\n";
  const std::string value = floats(0, {4}, {1});
  // Parameter(tensor, requires_grad) with the state (requires_grad, volatile, hooks), and Parameter() whose
  // state begins with the tensor.
  const std::string flags = "(\x88\x89" + kOrderedDict + "tb";
  for (const std::string& pickled :
       {parameter + value + "\x88\x86\x81" + flags, parameter + value + "\x88\x86R",
        parameter + ")\x81(" + value + "N" + kOrderedDict + "\x88\x89tb"}) {
    const WeightFile file = readFrom(pthOf(kBegin + "}(" + text("a") + pickled + "u."));
    EXPECT_TRUE(tensorNamed(file.tensors, "a").equal(ramp({4})));
  }
  EXPECT_TRUE(contains(refusalOf(parameter + ")\x81"), "is not a named tensor"));
}

TEST(HostilePickle, BoundsTheEntriesThatOneListBecomesDictsOf) {
  // A list of 1,000 pairs, and then OrderedDict of it 2,000 times.
  std::string pickle = kBegin + "](";
  for (int i = 0; i < 1000; ++i) pickle += "](" + integer(i) + "Ne";
  pickle += "eq\x01";
  for (int i = 0; i < 2000; ++i) pickle += "ccollections\nOrderedDict\nh\x01\x85R";
  EXPECT_TRUE(contains(refusalOfPickle(pickle + "."), "more than a million dict entries"));
}

TEST(HostilePickle, RefusesOneStorageDescribedInTwoWays) {
  const std::string pickle = kBegin + "}(" + text("a") + floats(0, {4}, {1}) + text("b") +
                             tensor(storage("IntStorage", "0", 4), 0, {4}, {1}) + "u.";
  EXPECT_TRUE(contains(refusalOfPickle(pickle), "storage \"0\" in two ways"));
}

TEST(HostilePickle, RefusesBooleansThatAreNeither) {
  EXPECT_TRUE(contains(refusalOf(tensor(storage("BoolStorage", "0", 16), 0, {16}, {1})),
                       "booleans other than 0 and 1"));
}

TEST(HostilePickle, RefusesDuplicateAndOddKeys) {
  const std::string twice = text("a") + floats(0, {4}, {1});
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}(" + twice + twice + "u."), "the key \"a\" twice"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}" + twice + "s" + twice + "s."), "the key \"a\" twice"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}(K\x01NK\x01Nu."), "the key 1 twice"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "})Ns."), "neither text nor integer"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}(" + text("a") + "u."), "a key without a value"));
}

TEST(HostilePickle, RefusesTextThatIsNotUtf8) {
  for (const char* broken : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf5\x80\x80\x80"}) {
    EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}" + text(broken) + "Ns."), "not UTF-8")) << broken;
  }
}

TEST(HostilePickle, RefusesEveryMisuseOfStackMarkAndMemo) {
  const std::pair<std::string, const char*> cases[] = {
      {".", "takes more from the stack"},
      {"R.", "takes more from the stack"},
      {")R.", "takes more from the stack"},
      {"(R.", "takes more from the stack"},
      {")()R.", "takes more from the stack"},
      {"t.", "lacks a mark"},
      {"u.", "lacks a mark"},
      {"q\x01", "takes more from the stack"},
      {"h\x05.", "memo 5, which is not there"},
      {"))R.", "calls something that is not callable"},
      {"]Nb.", "sets attributes"},
      {"}}b.", "sets attributes"},
      {"ctorch.nn.parameter\nParameter\n)\x81NN\x86"
       "b.",
       "sets attributes"},
      {"ccollections\nOrderedDict\n)RNb.", "attributes that are not one dict"},
      {"ccollections\nOrderedDict\n)R}b}b.", "attributes that are not one dict"},
      {"NNa.", "not a list"},
      {"NNNs.", "not a dict"},
      {"NQ.", "a tensor without a storage"},
      {")Q.", "not a storage"},
      {"}", "cut off"},
      {"X\xff\xff\xff\xff", "cut off"},
      {"cos", "cut off"},
      {"ccollections\nOrderedDict\nN\x85R.", "gives OrderedDict something"},
      {"ccollections\nOrderedDict\n]Na\x85R.", "an entry that is no pair"},
      {"ctorch._utils\n_rebuild_tensor_v2\n)R.", "too few arguments"},
      {"ctorch._utils\n_rebuild_parameter\n)R.", "a parameter without a tensor"},
  };
  for (const auto& [opcodes, reason] : cases) {
    const std::string error = refusalOfPickle(kBegin + opcodes);
    EXPECT_TRUE(contains(error, "WEIGHTS_FORMAT")) << opcodes;
    EXPECT_TRUE(contains(error, reason)) << opcodes;
  }
}

TEST(HostilePickle, RefusesEveryOpcodeOutsideTheList) {
  const std::string known = "(.)GJKMNQRUX]abcehjqrstu}\x80\x81\x85\x86\x87\x88\x89\x8a";
  for (int opcode = 0; opcode < 256; ++opcode) {
    const auto letter = static_cast<char>(opcode);
    if (known.find(letter) != std::string::npos) continue;
    EXPECT_TRUE(contains(refusalOfPickle(kBegin + letter), "which no state_dict needs")) << opcode;
  }
}

TEST(HostilePickle, RefusesOtherProtocolsAndTrailingBytes) {
  EXPECT_TRUE(contains(refusalOfPickle("\x80\x04}."), "protocol 4, expected 2"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}.}"), "goes on behind its end"));
}

TEST(HostilePickle, SurvivesDeepNestingAndCycles) {
  std::string deep = kBegin + ")";
  for (int i = 0; i < 200'000; ++i) deep += "\x85";
  EXPECT_TRUE(contains(refusalOfPickle(deep + "."), "expected a state_dict"));
  EXPECT_TRUE(
      contains(refusalOfPickle(kBegin + std::string(200'000, '(') + "."), "takes more from the stack"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "]q\x01h\x01"
                                                "a."),
                       "expected a state_dict"));
  EXPECT_TRUE(contains(refusalOfPickle(kBegin + "}q\x01(" + text("state_dict") + "h\x01u."),
                       "is not a named tensor"));
}

TEST(HostilePickle, SurvivesMemoBombs) {
  // Each level refers twice to the one below: 2^10000 values if anything followed them.
  std::string bomb = kBegin + ")q\x01";
  for (int i = 0; i < 10'000; ++i) bomb += "h\x01\x86q\x01";
  EXPECT_TRUE(contains(refusalOfPickle(bomb + "."), "expected a state_dict"));
}

TEST(HostilePickle, BoundsTheNumberOfValues) {
  const std::string many = kBegin + std::string(pickle::kMostValues + 1, ')') + ".";
  EXPECT_TRUE(contains(refusalOfPickle(many), "more than a million values"));
}

TEST(HostilePickle, BoundsMemoMarksAndStack) {
  std::string memos = kBegin + ")";
  for (std::uint32_t i = 0; i <= pickle::kMostValues; ++i) {
    memos += 'r';
    appendLittle(memos, i);
  }
  EXPECT_TRUE(contains(refusalOfPickle(memos + "."), "more than a million memos"));
  const std::string marks = kBegin + std::string(pickle::kMostValues + 1, '(') + ".";
  EXPECT_TRUE(contains(refusalOfPickle(marks), "more than a million marks"));
  std::string stack = kBegin + ")q\x01";
  for (std::size_t i = 0; i <= pickle::kMostValues; ++i) stack += "h\x01";
  EXPECT_TRUE(contains(refusalOfPickle(stack + "."), "more than a million values on its stack"));
}

TEST(HostilePickle, BoundsThePickleAndTheStorageKey) {
  EXPECT_TRUE(
      contains(refusalOfPickle(kBegin + std::string((16U << 20) + 1, 'N')), "expected at most 16777216"));
  EXPECT_TRUE(contains(refusalOf(storage("FloatStorage", std::string(65, '0'), 4)), "more than 64 bytes"));
}

}  // namespace
}  // namespace torchwing::test
