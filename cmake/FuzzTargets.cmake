# add_fuzz_target(NAME LINK libraries...): native/fuzz/NAME_fuzz.cc becomes the program torchwing_fuzz_NAME, which mutates
# a corpus. Built together by the target torchwing_fuzz, with TORCHWING_SANITIZE=address,undefined; see scripts/fuzz/.
add_library(torchwing_mutation_runner OBJECT native/fuzz/mutation_runner.cc native/fuzz/mutator.cc)
target_include_directories(torchwing_mutation_runner PRIVATE native)
add_custom_target(torchwing_fuzz)

function(add_fuzz_target name)
  cmake_parse_arguments(TARGET "" "" "LINK" ${ARGN})
  add_executable(torchwing_fuzz_${name} EXCLUDE_FROM_ALL
    native/fuzz/${name}_fuzz.cc $<TARGET_OBJECTS:torchwing_mutation_runner>)
  target_include_directories(torchwing_fuzz_${name} PRIVATE native)
  target_link_libraries(torchwing_fuzz_${name} PRIVATE ${TARGET_LINK})
  target_link_options(torchwing_fuzz_${name} PRIVATE
    "-Wl,-rpath,${TORCHWING_LIBTORCH}/lib" "-Wl,--disable-new-dtags" "-Wl,--allow-shlib-undefined")
  add_dependencies(torchwing_fuzz torchwing_fuzz_${name})
endfunction()

foreach(name image_header jpeg_decoder png_decoder bmp_decoder pnm_decoder tiff_decoder webp_decoder sample)
  add_fuzz_target(${name} LINK torchwing_data)
endforeach()
foreach(name zip_weights legacy_weights safetensors)
  add_fuzz_target(${name} LINK torchwing_io)
endforeach()
