/// main() of the fuzz programs, where libFuzzer is not at hand (g++):
///
///   torchwing_fuzz_NAME CORPUS_FOLDER_OR_FILE [SECONDS [SEED [ARTIFACT_FOLDER]]]
///
/// A child process runs the target on one input after the other. This process watches it: a crash, a
/// sanitizer's report, an exception that came out, or an input that takes longer than kHang ends in exit code
/// 1, and the input lies in ARTIFACT_FOLDER. With one file and 0 seconds it runs that file alone.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <thread>

#include "fuzz/mutator.h"

/// The one function of a target's file, in libFuzzer's form: linked with -fsanitize=fuzzer instead of this
/// file, it is a libFuzzer target.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace torchwing::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargest = std::size_t{1} << 20;
/// Two seconds is what a file may take; a sanitizer makes code some five times slower, and the machine is
/// shared.
constexpr std::chrono::seconds kHang{20};

/// In memory that both processes see: what is left of the child when it has died.
struct Shared {
  std::atomic<std::uint64_t> inputs{0};  ///< begun
  std::atomic<std::size_t> size{0};      ///< of the present input
  std::atomic<bool> through{false};      ///< the time is up, and every input was harmless
  std::uint8_t input[kLargest];
};

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Bytes> readCorpus(const std::filesystem::path& place) {
  if (std::filesystem::is_regular_file(place)) return {read(place)};
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(place)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // the folder's own order is the file system's
  std::vector<Bytes> corpus;
  for (const auto& path : paths) corpus.push_back(read(path));
  return corpus;
}

/// In the child.
void runInputs(const std::vector<Bytes>& corpus, std::uint64_t seed, std::chrono::seconds time,
               Shared& shared) {
  Mutator mutator(corpus, seed, kLargest);
  const auto end = Clock::now() + time;
  for (std::size_t i = 0; i < corpus.size() || Clock::now() < end; ++i) {
    const Bytes& input = mutator.next();
    const std::size_t size = std::min(input.size(), kLargest);
    std::memcpy(shared.input, input.data(), size);
    shared.size = size;
    ++shared.inputs;
    // A buffer of its own size, so that AddressSanitizer sees its end.
    const Bytes exact(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  }
  shared.through = true;
}

/// Waits for the child; false when an input took too long.
bool watch(pid_t child, const Shared& shared, int& status) {
  std::uint64_t seen = 0;
  auto since = Clock::now();
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (const std::uint64_t inputs = shared.inputs; inputs != seen) {
      seen = inputs;
      since = Clock::now();
    }
    if (shared.through || Clock::now() - since < kHang) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return false;
  }
  return true;
}

int report(const Shared& shared, const std::string& what, const std::filesystem::path& artifacts) {
  std::filesystem::create_directories(artifacts);
  const auto path = artifacts / ("input-" + std::to_string(shared.inputs));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(shared.input), static_cast<std::streamsize>(shared.size));
  std::fprintf(stderr, "FAILED at input %llu: %s. The input of %zu bytes is in %s\n",
               static_cast<unsigned long long>(shared.inputs), what.c_str(), shared.size.load(),
               path.c_str());
  return 1;
}

int run(const std::filesystem::path& place, std::chrono::seconds time, std::uint64_t seed,
        const std::filesystem::path& artifacts) {
  const std::vector<Bytes> corpus = readCorpus(place);
  if (corpus.empty()) {
    std::fprintf(stderr, "error: no file in %s\n", place.c_str());
    return 2;
  }
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    return 2;
  }
  auto& shared = *new (memory) Shared;
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("fork");
    return 2;
  }
  if (child == 0) {
    runInputs(corpus, seed, time, shared);
    std::exit(0);  // LeakSanitizer looks here
  }
  int status = 0;
  if (!watch(child, shared, status)) return report(shared, "it took longer than 20 s", artifacts);
  if (!shared.through || status != 0) {
    const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                : "exit code " + std::to_string(WEXITSTATUS(status));
    return report(shared, how + (shared.through ? " at the end (a leak)" : ""), artifacts);
  }
  std::printf("%llu inputs from %zu files, seed %llu: no failure\n",
              static_cast<unsigned long long>(shared.inputs), corpus.size(),
              static_cast<unsigned long long>(seed));
  return 0;
}

}  // namespace
}  // namespace torchwing::fuzz

// No allocation beyond this, whatever a file's header promises: sanitizers then end the process. A failed
// operator new throws as it does outside of them.
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=768:hard_rss_limit_mb=2048:allocator_may_return_null=0";
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 5) {
    std::fprintf(stderr, "Usage: %s CORPUS [SECONDS [SEED [ARTIFACT_FOLDER]]]\n", argv[0]);
    return 2;
  }
  const auto number = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  return torchwing::fuzz::run(argv[1], std::chrono::seconds(number(2, 10)), number(3, 0),
                              argc > 4 ? argv[4] : "fuzz-failures");
}
