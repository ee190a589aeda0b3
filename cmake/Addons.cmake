# The two addons: torchwing_loader.node, which knows no LibTorch, and torchwing.lt<minor>.node on one LibTorch minor.
file(READ ${PROJECT_SOURCE_DIR}/package.json package_json)
string(JSON package_version GET ${package_json} version)

function(add_addon target)
  target_include_directories(${target} PRIVATE ${CMAKE_JS_INC} ${PROJECT_SOURCE_DIR}/node_modules/node-addon-api)
  target_compile_definitions(${target} PRIVATE
    NAPI_VERSION=8 NODE_ADDON_API_CPP_EXCEPTIONS_ALL NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".node"
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/Release)
  target_link_options(${target} PRIVATE "-Wl,-z,nodelete" "-Wl,--exclude-libs,ALL")
endfunction()

add_library(torchwing_loader MODULE native/loader/loader.cc native/loader/cuda_driver.cc)
add_addon(torchwing_loader)
target_link_libraries(torchwing_loader PRIVATE ${CMAKE_DL_LIBS} Threads::Threads)

file(GLOB binding_sources CONFIGURE_DEPENDS native/binding/*.cc)
add_library(torchwing MODULE ${binding_sources})
compile_together(torchwing native/binding/mix.cc native/binding/sgd.cc)
add_addon(torchwing)
target_include_directories(torchwing PRIVATE native)
target_compile_definitions(torchwing PRIVATE
  TORCHWING_VERSION="${package_version}"
  TORCHWING_LIBTORCH_VERSION="${TORCHWING_LIBTORCH_MAJOR}.${TORCHWING_LIBTORCH_MINOR}")
target_link_libraries(torchwing PRIVATE
  torchwing_train torchwing_io torchwing_data torchwing_optim torchwing_model torchwing_device torchwing_runtime)
# The image libraries that the package ships lie beside the addon; in a checkout the system's are found. RPATH, not
# RUNPATH: it also holds for what these libraries need themselves, such as libtiff's libzstd.
target_link_options(torchwing PRIVATE "-Wl,--disable-new-dtags")
set_target_properties(torchwing PROPERTIES
  INSTALL_RPATH "$ORIGIN"
  OUTPUT_NAME "torchwing.lt${TORCHWING_LIBTORCH_MAJOR}${TORCHWING_LIBTORCH_MINOR}")
