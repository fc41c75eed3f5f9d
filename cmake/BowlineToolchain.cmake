# Language level, warnings as errors, sanitizers, and the two tools that make a rebuild quick.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Debug info costs a third of the build time; -g1 keeps line numbers in back-traces. NDEBUG stays off: the contracts
# of core/contract.hpp do not use assert, libraries' own checks are cheap (Boost's are off where a peer can reach them: host/edge).
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")

find_program(BOWLINE_CCACHE ccache)
if(BOWLINE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${BOWLINE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BOWLINE_CCACHE})
endif()
find_program(BOWLINE_MOLD mold)
if(BOWLINE_MOLD)
  # What runs at every bar is marked [[gnu::hot]] and lies together in the program: scattered over its megabytes, some of
  # it shares places in the instruction cache and drives each other out at every bar.
  add_link_options(-fuse-ld=mold LINKER:-z,keep-text-section-prefix)
endif()

# a + b of doubles must give the same bits in every build and on every machine: no contraction into fma.
add_compile_options(-ffp-contract=off)

# Nothing here is meant to be replaced at load time: functions of one unit may be inlined into each other though the code
# is position independent (static libraries are built once, for the program and for plugins).
add_compile_options(-fno-semantic-interposition)

if(BOWLINE_SANITIZE)
  # The compiler takes most of these builds' time, the tests little: what AddressSanitizer and UBSan instrument keeps
  # the optimiser busy twice as long as the plain code, so they go without it. A fuzz driver lives from its speed.
  set(optimise -O1)
  if(BOWLINE_SANITIZE MATCHES "address" AND NOT BOWLINE_SANITIZE MATCHES "fuzzer")
    set(optimise -O0)
  endif()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "${optimise} -g1")
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "${optimise} -g1")
  # gcc 12 warns of uninitialised members inside <regex> and <functional> only when it instruments them.
  add_compile_options(-fsanitize=${BOWLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${BOWLINE_SANITIZE})
  if(BOWLINE_SANITIZE MATCHES "address.*undefined")
    # UBSan's null check stands before every member access and costs a third of the compile time of the units that
    # include nlohmann/json. AddressSanitizer stops at the same access with the same back-trace.
    add_compile_options(-fno-sanitize=null)
  endif()
endif()
if(BOWLINE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

add_library(bowline_warnings INTERFACE)
target_compile_options(bowline_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror)

# bowline_library(<folder> SOURCES ... LIBS ...): one static library per folder of host/, named bowline_<folder>.
function(bowline_library folder)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(bowline_${folder} STATIC ${A_SOURCES})
  target_include_directories(bowline_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/host)
  target_link_libraries(bowline_${folder} PUBLIC ${A_LIBS} PRIVATE bowline_warnings ${A_PRIVATE_LIBS})
endfunction()

# bowline_test(<name> SOURCES ... LIBS ...): a Catch2 executable (main in a unit of its own) and its CTest entry.
# Labels: the folder below tests/ it stands in. Pass DATA where it needs BOWLINE_DATA.
function(bowline_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${A_SOURCES} $<TARGET_OBJECTS:bowline_test_main>)
  target_link_libraries(${name} PRIVATE ${A_LIBS} bowline_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/host ${CMAKE_SOURCE_DIR}/tests)
  # What is tested is optimised as it is shipped; the tests themselves compile in two thirds of the time.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
  add_test(NAME ${name} COMMAND ${name})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR}/tests OUTPUT_VARIABLE where)
  string(REGEX REPLACE "/.*" "" label "${where}")
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${A_TIMEOUT}
                       ENVIRONMENT "BOWLINE_SOURCE=${CMAKE_SOURCE_DIR};BOWLINE_BUILD=${CMAKE_BINARY_DIR};TZ=UTC")
endfunction()
