# torchwing_operator_parity: one of the checks of `npm run test:cuda`, which builds it; see scripts/cuda/.
add_executable(torchwing_operator_parity EXCLUDE_FROM_ALL native/parity/operator_parity.cc)
target_link_libraries(torchwing_operator_parity PRIVATE torchwing_train ${CMAKE_DL_LIBS})
target_link_options(torchwing_operator_parity PRIVATE
  "-Wl,-rpath,${TORCHWING_LIBTORCH}/lib" "-Wl,--disable-new-dtags" "-Wl,--allow-shlib-undefined")
