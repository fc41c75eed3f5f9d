# Sets packages_file: the names of packaging/packages.txt inside the binary, for doctor.
set(list ${CMAKE_SOURCE_DIR}/packaging/packages.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
file(STRINGS ${list} names REGEX "^[a-z]")
list(TRANSFORM names REPLACE "(.+)" "    \"\\1\",")
list(JOIN names "\n" names)
set(packages_file ${CMAKE_CURRENT_BINARY_DIR}/build_packages.hpp)
file(CONFIGURE OUTPUT ${packages_file} CONTENT "// From packaging/packages.txt.
inline constexpr const char* build_packages[] = {
@names@
};
" @ONLY)
