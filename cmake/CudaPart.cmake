# torchwing_cuda.lt<minor>.so, built where LibTorch has its CUDA half and CUDA's headers are there (NVIDIA's wheels beside
# LibTorch have them: scripts/requirements.txt names those that torch does not ask for itself). It alone needs libtorch_cuda;
# the addon opens it when that is mapped, and without it everything but CUDA graphs works.
file(GLOB nvidia_folders ${TORCHWING_LIBTORCH}/../nvidia/cu[0-9]*)
find_path(TORCHWING_CUDA_INCLUDE crt/host_config.h
  HINTS ${nvidia_folders} /usr/local/cuda PATH_SUFFIXES include NO_DEFAULT_PATH)
find_file(TORCHWING_LIBTORCH_CUDA libtorch_cuda.so HINTS ${TORCHWING_LIBTORCH}/lib NO_DEFAULT_PATH)
find_file(TORCHWING_LIBC10_CUDA libc10_cuda.so HINTS ${TORCHWING_LIBTORCH}/lib NO_DEFAULT_PATH)
find_file(TORCHWING_CUDART NAMES libcudart.so.13 libcudart.so.12 libcudart.so
  HINTS ${nvidia_folders} /usr/local/cuda PATH_SUFFIXES lib lib64 NO_DEFAULT_PATH)

set(cuda_part_lacks "")
foreach(needed TORCHWING_CUDA_INCLUDE TORCHWING_LIBTORCH_CUDA TORCHWING_LIBC10_CUDA TORCHWING_CUDART)
  if(NOT ${needed})
    list(APPEND cuda_part_lacks ${needed})
  endif()
endforeach()
if(cuda_part_lacks)
  message(STATUS "CUDA part: not built, for lack of ${cuda_part_lacks}")
  return()
endif()
message(STATUS "CUDA part: with the headers of ${TORCHWING_CUDA_INCLUDE}")

add_library(torchwing_cuda MODULE native/cuda/cuda_graph.cc)
target_include_directories(torchwing_cuda PRIVATE native)
target_include_directories(torchwing_cuda SYSTEM PRIVATE ${TORCHWING_CUDA_INCLUDE} ${TORCHWING_CUDA_INCLUDE}/cccl)
target_link_libraries(torchwing_cuda PRIVATE
  libtorch "-Wl,--no-as-needed" ${TORCHWING_LIBTORCH_CUDA} ${TORCHWING_LIBC10_CUDA} "-Wl,--as-needed" ${TORCHWING_CUDART})
# Every symbol must be one of these libraries': on a machine without a GPU this link is what proves it.
target_link_options(torchwing_cuda PRIVATE "-Wl,-z,defs" "-Wl,-z,nodelete")
set_target_properties(torchwing_cuda PROPERTIES PREFIX "" SUFFIX ".so"
  SKIP_BUILD_RPATH ON
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/Release
  OUTPUT_NAME "torchwing_cuda.lt${TORCHWING_LIBTORCH_MAJOR}${TORCHWING_LIBTORCH_MINOR}")
