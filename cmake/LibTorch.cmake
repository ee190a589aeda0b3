# The interface target `libtorch`. TorchConfig.cmake is not used: on the CUDA build it demands a whole CUDA toolkit.
set(version_header ${TORCHWING_LIBTORCH}/include/torch/headeronly/version.h)
if(NOT EXISTS ${version_header})
  set(version_header ${TORCHWING_LIBTORCH}/include/torch/csrc/api/include/torch/version.h)
endif()
if(NOT EXISTS ${version_header})
  message(FATAL_ERROR "TORCHWING_LIBTORCH=\"${TORCHWING_LIBTORCH}\" holds no LibTorch headers. Run: npm run setup")
endif()
file(STRINGS ${version_header} version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR) ")
string(REGEX MATCH "MAJOR ([0-9]+)" _ "${version_lines}")
set(TORCHWING_LIBTORCH_MAJOR ${CMAKE_MATCH_1})
string(REGEX MATCH "MINOR ([0-9]+)" _ "${version_lines}")
set(TORCHWING_LIBTORCH_MINOR ${CMAKE_MATCH_1})
message(STATUS "LibTorch ${TORCHWING_LIBTORCH_MAJOR}.${TORCHWING_LIBTORCH_MINOR} in ${TORCHWING_LIBTORCH}")

add_library(libtorch INTERFACE)
target_include_directories(libtorch SYSTEM INTERFACE
  ${TORCHWING_LIBTORCH}/include ${TORCHWING_LIBTORCH}/include/torch/csrc/api/include)
# --no-as-needed: operators register themselves in static constructors, so no symbol may be needed at all.
# libtorch_cuda is never linked; the loader addon maps it when a driver is there.
target_link_libraries(libtorch INTERFACE
  "-Wl,--no-as-needed" ${TORCHWING_LIBTORCH}/lib/libtorch_cpu.so ${TORCHWING_LIBTORCH}/lib/libc10.so "-Wl,--as-needed"
  "-Wl,--allow-shlib-undefined")
