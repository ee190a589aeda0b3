#pragma once

#include <dlfcn.h>
#include <link.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace torchwing {

/// Maps a library for the life of the process. RTLD_LOCAL: LibTorch's 74,000 symbols, libuv's among them,
/// stay out of the way of other addons. Throws std::runtime_error with the dynamic linker's reason.
inline void mapLibrary(const std::string& path) {
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) return;
  const char* reason = dlerror();
  throw std::runtime_error("Cannot map \"" + path + "\": " + (reason != nullptr ? reason : "unknown reason") +
                           ".");
}

/// Path of the mapped library with this soname, whoever mapped it; nothing when there is none.
inline std::optional<std::string> mappedPath(const std::string& soname) {
  void* handle = dlopen(soname.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return std::nullopt;
  std::optional<std::string> path;
  if (link_map* map = nullptr; dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) path = map->l_name;
  dlclose(handle);
  return path;
}

}  // namespace torchwing
