#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/io/weight_file.h"

namespace torchwing::test {

/// A folder that is gone with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// Names in it, hidden ones included.
  std::vector<std::string> names() const;

 private:
  std::string folder_;
};

/// A file of test/parity/fixtures/weights.json, which the real torch wrote.
std::string fixture(const std::string& name);

std::string readBytes(const std::string& path);
void writeBytes(const std::string& path, const std::string& bytes);

/// readWeights on these bytes as a file.
WeightFile readFrom(const std::string& bytes);

/// "CODE: message | hint" of the Error that readFrom throws, or "" when it throws none.
std::string refusal(const std::string& bytes);

/// Whether `text` has `part` in it, with both in the failure's message.
testing::AssertionResult contains(const std::string& text, const std::string& part);

/// A zip archive of these members, made by ZipWriter.
std::string archive(const std::vector<std::pair<std::string, std::string>>& members);

/// A .pth with this data.pkl and one record of four float32 (0, 1, 2, 3) as storage "0".
std::string pthOf(const std::string& pickle);

/// The tensor called `name`; a failed expectation and an empty tensor where there is none.
at::Tensor tensorNamed(const StateDict& tensors, const std::string& name);

/// 0, 1, 2, … in row-major order.
at::Tensor ramp(at::IntArrayRef shape, at::ScalarType dtype = at::kFloat);

}  // namespace torchwing::test
