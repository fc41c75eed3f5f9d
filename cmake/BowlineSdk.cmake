# The SDK is installed into the build tree and found there with find_package, so that every plugin of this project is
# built the way an author outside builds one.
set(BOWLINE_SDK_PREFIX ${CMAKE_BINARY_DIR}/sdk-prefix)
file(GLOB_RECURSE bowline_sdk_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sdk/include/* ${CMAKE_SOURCE_DIR}/sdk/cmake/*
     ${CMAKE_SOURCE_DIR}/sdk/templates/* ${CMAKE_SOURCE_DIR}/sdk/samples/*)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${bowline_sdk_files} ${CMAKE_SOURCE_DIR}/sdk/CMakeLists.txt)
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${CMAKE_SOURCE_DIR}/sdk -B ${CMAKE_BINARY_DIR}/sdk-build -G ${CMAKE_GENERATOR}
          -DCMAKE_INSTALL_PREFIX=${BOWLINE_SDK_PREFIX} -DCMAKE_INSTALL_MESSAGE=LAZY
  COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${CMAKE_BINARY_DIR}/sdk-build COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
find_package(bowline-sdk CONFIG REQUIRED PATHS ${BOWLINE_SDK_PREFIX} NO_DEFAULT_PATH)
