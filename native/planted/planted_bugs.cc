#include "planted_bugs.h"

#include <cstdlib>
#include <limits>
#include <thread>

namespace torchwing {
namespace {

/// Not known to the compiler, which would see through all of it.
volatile int limit = 16;

int readBehindTheEnd() {
  int* volatile kept = new int[16]();
  const int* numbers = kept;
  const int found = numbers[limit];
  delete[] numbers;
  return found;
}

void leak() {
  int* volatile lost = new int[16];
  lost = nullptr;
}

int addTooMuch() {
  return std::numeric_limits<int>::max() - 1 + limit;
}

int countTwice() {
  int count = 0;
  std::thread other([&count] { count += limit; });
  count += limit;
  other.join();
  return count;
}

}  // namespace

bool plantBug(const std::string& name) {
  if (name == "leak") {
    leak();
  } else if (name == "overflow") {
    limit = readBehindTheEnd();
  } else if (name == "undefined") {
    limit = addTooMuch();
  } else if (name == "race") {
    limit = countTwice();
  } else {
    return false;
  }
  return true;
}

}  // namespace torchwing
