# compile_together(TARGET): under sanitizers, whose checks of what LibTorch's and N-API's headers define take longer than our own
# code, a few files of many sources; a fifth of the time. Sources named behind it have names in common and stay apart.
function(compile_together target)
  if(TORCHWING_SANITIZE AND TARGET ${target})
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 14)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()
