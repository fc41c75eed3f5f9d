// What a mapped module says of itself, held against ABI 1.0 and against the file's note.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <string_view>

#include "loader/mapped_object.hpp"
#include "loader/note.hpp"

namespace bowline::loader {

/// Checks sizes, pointers, required slots, ids, schemas and the agreement with `manifest`. Only memory that
/// lies inside `object` is read. Errors: PLUGIN_TABLE_SIZE, PLUGIN_POINTER_FOREIGN, PLUGIN_SLOT_MISSING,
/// PLUGIN_HOST_TOO_OLD, PLUGIN_DUPLICATE_ID, PLUGIN_NOTE_MISMATCH, PLUGIN_SCHEMA_INVALID, PLUGIN_SCHEMA_OPEN.
Result<void> check_module(const bl_module* module, const MappedObject& object, const Manifest& manifest,
                          std::string_view file);

}  // namespace bowline::loader
