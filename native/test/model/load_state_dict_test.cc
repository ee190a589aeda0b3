#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/model/resnet.h"
#include "test/model/fixture.h"
#include "test/model/golden.h"

namespace torchwing {
namespace {

std::vector<std::string> texts(const test::Json& list) {
  std::vector<std::string> result;
  for (const test::Json& item : list.list()) result.push_back(item.text());
  return result;
}

/// The state that draw_load_state_dict() of scripts/golden/model.py makes.
StateDict stateOf(const ResNet& model, const test::Json& fixture) {
  StateDict state = model.snapshot();
  for (const std::string& end : texts(fixture["dropped"]))
    std::erase_if(state, [&](const NamedTensor& entry) { return entry.name.ends_with(end); });
  for (const test::Json& pair : fixture["shapes"].list()) {
    std::vector<std::int64_t> shape;
    for (const test::Json& size : pair[1].list()) shape.push_back(size.integer());
    const std::string& name = pair[0].text();
    const auto found = std::find_if(state.begin(), state.end(),
                                    [&](const NamedTensor& entry) { return entry.name == name; });
    if (found == state.end()) state.push_back({name, {}});
    (found == state.end() ? state.back() : *found).tensor = at::zeros(shape, at::kLong);
  }
  return state;
}

ModuleVersions versionsOf(const ResNet& model, std::int64_t version) {
  ModuleVersions versions;
  const std::string buffer = ".running_mean";
  for (const NamedTensor& entry : model.state()) {
    if (version > 0 && entry.name.ends_with(buffer))
      versions.emplace(entry.name.substr(0, entry.name.size() - buffer.size()), version);
  }
  return versions;
}

std::string listing(const std::string& title, const std::vector<std::string>& items, const char* mark) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + (mark + item + mark);
  return items.empty() ? "" : " " + title + " " + text + ";";
}

/// Our one line for what PyTorch says in several.
std::string messageOf(const test::Json& report) {
  std::vector<std::string> shapes;
  for (const test::Json& item : report["misshaped"].list()) {
    shapes.push_back("\"" + item[0].text() + "\" received " + item[1].text() + " expected " + item[2].text());
  }
  std::string text =
      "The weights do not fit the model:" + listing("missing", texts(report["missing"]), "\"") +
      listing("unexpected", texts(report["unexpected"]), "\"") + listing("wrong shape", shapes, "");
  text.back() = '.';
  return text;
}

TEST(LoadStateDictTest, StrictOrNotItReportsWhatPyTorchReports) {
  const test::Json fixtures = test::readFixture("load_state_dict");
  int raised = 0;
  for (const auto& [name, fixture] : fixtures.object()) {
    if (name == "versions") continue;
    for (const bool strict : {true, false}) {
      SCOPED_TRACE(name + (strict ? ", strict" : ", not strict"));
      ResNet model({.classes = 2});
      const StateDict state = stateOf(model, fixture);
      const LoadOptions options{.strict = strict,
                                .versions = versionsOf(model, fixture["version"].integer())};
      const test::Json& report = fixture[strict ? "strict" : "lenient"];
      if (report["raises"].integer() == 1) {
        ++raised;
        EXPECT_EQ(test::errorOf([&] { model.load(state, options); }).what(), messageOf(report));
        continue;
      }
      const IncompatibleKeys keys = model.load(state, options);
      EXPECT_EQ(keys.missing_keys, texts(report["missing"]));
      EXPECT_EQ(keys.unexpected_keys, texts(report["unexpected"]));
    }
  }
  EXPECT_GT(raised, 5);
}

}  // namespace
}  // namespace torchwing
