# bowline_add_plugin(<name> KIND FEED|SIGNAL|RISK|BROKER|REBALANCER SOURCES a.cpp ... [LIBS ...])
#
# lib<name>.so as the host wants it: one exported symbol, nothing that another plugin in the same process could collide
# with, all relocations done before the first call. What the file says of itself (the ELF note) comes from BOWLINE_PLUGIN
# or BL_MANIFEST in the source, so that note and code cannot differ.
set(BOWLINE_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/bowline_plugin.map)

function(bowline_add_plugin name)
  cmake_parse_arguments(A "" "KIND" "SOURCES;LIBS" ${ARGN})
  set(kinds FEED SIGNAL RISK BROKER REBALANCER)
  if(NOT A_KIND IN_LIST kinds)
    message(FATAL_ERROR "bowline_add_plugin(${name}): KIND is '${A_KIND}', and needs to be one of ${kinds}")
  endif()
  if(NOT A_SOURCES)
    message(FATAL_ERROR "bowline_add_plugin(${name}): SOURCES is empty")
  endif()
  if(A_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "bowline_add_plugin(${name}): does not know ${A_UNPARSED_ARGUMENTS}")
  endif()
  foreach(lib IN LISTS A_LIBS)
    if(TARGET ${lib})
      get_target_property(type ${lib} TYPE)
      get_target_property(imported ${lib} IMPORTED)
      # Two plugins that bring the same library in two versions share one of them, whichever loads first.
      if(type STREQUAL "SHARED_LIBRARY" AND NOT imported)
        message(FATAL_ERROR "bowline_add_plugin(${name}): ${lib} is a shared library of its own; link it statically")
      endif()
    endif()
  endforeach()

  add_library(${name} MODULE ${A_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX lib SUFFIX .so C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${BOWLINE_PLUGIN_MAP} BOWLINE_KIND ${A_KIND})
  # No unique symbols: they are shared across plugins and keep a module from ever being its own.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>
                         -ffp-contract=off)  # the same tape gives the same bits on every machine
  target_link_options(${name} PRIVATE -Wl,--version-script=${BOWLINE_PLUGIN_MAP} -Wl,-Bsymbolic-functions
                      -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--build-id)
  target_link_libraries(${name} PRIVATE bowline::sdk ${A_LIBS})
  if(CMAKE_CXX_COMPILER_LOADED)
    target_compile_features(${name} PRIVATE cxx_std_20)
  endif()
endfunction()
