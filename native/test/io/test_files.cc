#include "test/io/test_files.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/zip_writer.h"

namespace torchwing::test {
namespace {

std::string decodeBase64(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char character : text) {
    if (character == '=') break;
    bits = (bits << 6) | static_cast<unsigned>(alphabet.find(character));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> count) & 0xff));
  }
  return bytes;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  // In memory where that is possible: thousands of small files, each brought to the disk, take a minute on a
  // real one.
  const std::filesystem::path memory = "/dev/shm";
  const bool usable = std::filesystem::is_directory(memory);
  std::string pattern = (usable ? memory : std::filesystem::temp_directory_path()) / "torchwing-io-XXXXXX";
  folder_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> TemporaryFolder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    names.push_back(entry.path().filename());
  return names;
}

std::string fixture(const std::string& name) {
  static const std::string all = readBytes(std::string(TORCHWING_FIXTURES) + "/weights.json");
  const std::string key = "\"" + name + "\": \"";
  const std::size_t begin = all.find(key);
  if (begin == std::string::npos) {
    ADD_FAILURE() << "weights.json has no entry " << name;
    return {};
  }
  const std::size_t value = begin + key.size();
  return decodeBase64(all.substr(value, all.find('"', value) - value));
}

std::string readBytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void writeBytes(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

WeightFile readFrom(const std::string& bytes) {
  static const TemporaryFolder folder;
  const std::string path = folder.path("x.pth");
  writeBytes(path, bytes);
  return readWeights(path);
}

std::string refusal(const std::string& bytes) {
  try {
    readFrom(bytes);
  } catch (const Error& error) {
    return error.code() + ": " + error.what() + " | " + error.hint();
  }
  return {};
}

testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "\"" << text << "\" has no \"" << part << "\" in it";
}

std::string archive(const std::vector<std::pair<std::string, std::string>>& members) {
  const TemporaryFolder folder;
  AtomicFile file(folder.path("x.zip"));
  ZipWriter zip(file);
  for (const auto& [name, content] : members) zip.add(name, content);
  zip.finish();
  file.commit();
  return readBytes(folder.path("x.zip"));
}

std::string pthOf(const std::string& pickle) {
  const at::Tensor values = ramp({4});
  const std::string storage(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  return archive({{"x/data.pkl", pickle}, {"x/data/0", storage}, {"x/version", "3\n"}});
}

at::Tensor tensorNamed(const StateDict& tensors, const std::string& name) {
  for (const NamedTensor& entry : tensors) {
    if (entry.name == name) return entry.tensor;
  }
  ADD_FAILURE() << "no tensor " << name;
  return at::empty({0});
}

at::Tensor ramp(at::IntArrayRef shape, at::ScalarType dtype) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return at::arange(count, at::kLong).to(dtype).reshape(shape);
}

}  // namespace torchwing::test
