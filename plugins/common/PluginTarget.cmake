# bowline_own_plugin(<folder> SOURCES ... LIBS ...): the SDK's function, with what our own plugins share on top. The kind
# is the first word of the folder's name.
function(bowline_own_plugin name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  string(REGEX REPLACE "_.*" "" kind ${name})
  string(TOUPPER ${kind} kind)
  find_package(nlohmann_json 3 REQUIRED)
  bowline_add_plugin(${name} KIND ${kind} SOURCES ${A_SOURCES} LIBS nlohmann_json::nlohmann_json ${A_LIBS})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
  if(TARGET bowline_warnings)
    target_link_libraries(${name} PRIVATE bowline_warnings)
  endif()
endfunction()
