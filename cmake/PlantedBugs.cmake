# torchwing_planted_bugs has one bug of each kind that the sanitizers are for, to see that the job would fail; as an addon
# too, since it is judged otherwise inside Node.
add_executable(torchwing_planted_bugs EXCLUDE_FROM_ALL native/planted/planted_bugs.cc native/planted/program.cc)
target_link_libraries(torchwing_planted_bugs PRIVATE Threads::Threads)
if(CMAKE_JS_INC)
  add_library(torchwing_planted_addon MODULE EXCLUDE_FROM_ALL native/planted/planted_bugs.cc native/planted/addon.cc)
  add_addon(torchwing_planted_addon)
  set_target_properties(torchwing_planted_addon PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/planted)
endif()
