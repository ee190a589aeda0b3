#pragma once

#include <c10/util/Exception.h>

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace torchwing {

/// Takes what LibTorch warns of, which it would print on the standard error stream: a library prints nothing.
class Warnings : public c10::WarningHandler {
 public:
  /// Gets one line. Runs on the thread that warned.
  using Listener = std::function<void(const std::string& message)>;

  /// From here on this thread's warnings come here; the object must outlive the thread. Warnings of
  /// autograd's own threads reach the thread that started the backward pass.
  void listenHere() noexcept { c10::WarningUtils::set_warning_handler(this); }

  /// Any thread. The listener hears each message once, however often it is repeated.
  void addListener(Listener listener);

  void process(const c10::Warning& warning) override;

 private:
  std::mutex mutex_;
  std::vector<Listener> listeners_;
  std::set<std::string> heard_;
};

}  // namespace torchwing
