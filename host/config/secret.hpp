// Secrets: a value that cannot be printed, and where they come from.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::config {

/// A secret's text. No stream operator, no formatter: writing one to a log does not compile. Wiped on destruction.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(Secret&&) = delete;
  ~Secret() { wipe(); }
  /// The text, asked for by name.
  const std::string& reveal() const noexcept { return text_; }

 private:
  std::string text_;
  void wipe() noexcept;
};

/// "secret://name" (or the bare name): the file <folder>/name when a folder is set (BOWLINE_SECRETS), else the
/// environment's BOWLINE_SECRET_NAME (upper case, '/', '-' and '.' as '_'). Read anew at each call, so that a rotated file
/// is seen. Errors: SECRET_NAME, SECRET_MISSING; never the text.
Result<Secret> find_secret(std::string_view reference, const std::function<std::optional<std::string>(std::string_view)>& env);

}  // namespace bowline::config
