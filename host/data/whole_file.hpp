// A file that is there whole or not at all: written beside its place, and put there when it is complete and on the disk.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

namespace bowline::data {

enum class Replace : bool { no, yes };

/// Until commit() the bytes are in `.NAME.new` beside the file; the destructor takes that away. A process that is killed leaves it behind,
/// and the next one writes over it. Not thread-safe.
class WholeFile {
 public:
  /// A path that ends in .gz is compressed, always in the same way; `comment` (no byte 0) goes to its gzip header. Folders are made.
  /// Errors: DATA_FILE_EXISTS (Replace::no, and it is there), DATA_FILE_UNWRITABLE, DATA_FILE_BUSY.
  static Result<std::unique_ptr<WholeFile>> open(const std::filesystem::path& path, Replace replace, const std::string& comment = {});
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// DATA_FILE_UNWRITABLE, and nothing more is taken then.
  Result<void> write(std::string_view text);
  /// Puts it in its place, synced. With Replace::no what came there meanwhile stays. Errors: DATA_FILE_UNWRITABLE, DATA_FILE_EXISTS.
  Result<void> commit();

 private:
  WholeFile(std::filesystem::path path, Replace replace) : path_(std::move(path)), replace_(replace) {}
  Result<void> put(const void* bytes, std::size_t n);
  Result<void> pack(std::string_view text, int flush);
  Error unwritable(const char* what) const;
  std::filesystem::path path_, fresh_;
  Replace replace_;
  int fd_ = -1;
  bool gzip_ = false, zlib_ready_ = false, mine_ = false, broken_ = false;
  z_stream z_{};
  gz_header head_{};
  std::string comment_;
};

/// Makes what was renamed, made or taken away in a folder durable; a file system that can't is no error.
void sync_folder(const std::filesystem::path& folder) noexcept;

}  // namespace bowline::data
