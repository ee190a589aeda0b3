#include "core/device/warnings.h"

#include <utility>

#include "core/first_line.h"

namespace torchwing {

void Warnings::addListener(Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Warnings::process(const c10::Warning& warning) {
  const std::string message = firstLine(warning.msg());
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    if (!heard_.insert(message).second) return;
    listeners = listeners_;
  }
  for (const Listener& listener : listeners) listener(message);
}

}  // namespace torchwing
