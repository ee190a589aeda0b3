# add_test_program(NAME LINK libraries...): native/test/NAME becomes the GoogleTest program torchwing_test_NAME.
# add_core_folder(NAME LINK libraries...): native/core/NAME becomes the static library torchwing_NAME, and
# native/test/NAME, where there is one, its test program.
if(TORCHWING_BUILD_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
endif()

function(add_test_program name)
  cmake_parse_arguments(PROGRAM "" "" "LINK" ${ARGN})
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/native/test/${name}/*.cc)
  if(TORCHWING_BUILD_TESTS AND tests)
    add_executable(torchwing_test_${name} ${tests})
    target_link_libraries(torchwing_test_${name} PRIVATE ${PROGRAM_LINK} GTest::gtest_main)
    target_compile_definitions(torchwing_test_${name} PRIVATE
      TORCHWING_FIXTURES="${PROJECT_SOURCE_DIR}/test/parity/fixtures")
    # Only test programs carry a path to LibTorch: they never leave the build folder.
    target_link_options(torchwing_test_${name} PRIVATE
      "-Wl,-rpath,${TORCHWING_LIBTORCH}/lib" "-Wl,--disable-new-dtags" "-Wl,--allow-shlib-undefined")
    add_test(NAME ${name} COMMAND torchwing_test_${name})
  endif()
endfunction()

function(add_core_folder name)
  cmake_parse_arguments(FOLDER "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/native/core/${name}/*.cc)
  add_library(torchwing_${name} STATIC ${sources})
  target_include_directories(torchwing_${name} PUBLIC ${PROJECT_SOURCE_DIR}/native)
  target_link_libraries(torchwing_${name} PUBLIC ${FOLDER_LINK})
  add_test_program(${name} LINK torchwing_${name})
endfunction()
