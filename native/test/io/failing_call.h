#pragma once

namespace torchwing::test {

/// What a file system can refuse.
enum class Call { kOpen, kOpenForWriting, kRead, kWrite, kFsync, kRename };

/// How often it does.
enum class Failing { kOnce, kFromThereOn };

/// While it lives, a system call of this program fails. One at a time; any thread.
class FailingCall {
 public:
  /// An `error` of a write that takes half of what it is given, and fails in nothing.
  static constexpr int kShort = 0;

  /// @param nth which call of its kind from now on, from 1. @param error errno, or kShort
  FailingCall(Call call, int nth, int error, Failing failing);
  ~FailingCall();
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;

  /// Calls of that kind so far.
  int seen() const;
};

}  // namespace torchwing::test
