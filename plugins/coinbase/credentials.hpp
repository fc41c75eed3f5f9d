// An API key as a whole: its name, which may be shown, and its secret, which may not.
#pragma once

#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "coinbase/signing_key.hpp"

namespace bowline::coinbase {

/// Movable, never copied. One thread at a time.
class Credentials {
 public:
  /// The text of a key file. Errors: COINBASE_KEY_FILE, COINBASE_KEY_NAME, and those of SigningKey::parse.
  static Result<Credentials> from_key_file(std::string_view json);
  /// Name and secret apart, as an environment or a secrets store has them. Errors: COINBASE_KEY_NAME (empty, above 256 characters, or a
  /// character that no name has), and those of SigningKey::parse.
  static Result<Credentials> from_parts(std::string_view name, std::string_view secret);
  /// Reads the file straight into memory that is wiped. Errors: COINBASE_KEY_FILE_UNREADABLE, and those of from_key_file.
  static Result<Credentials> read_key_file(const std::string& path);

  /// "organizations/{org}/apiKeys/{key}", or a UUID alone.
  const std::string& name() const noexcept { return name_; }
  SigningKey& key() noexcept { return key_; }
  const SigningKey& key() const noexcept { return key_; }

 private:
  Credentials(std::string name, SigningKey key) : name_(std::move(name)), key_(std::move(key)) {}
  std::string name_;
  SigningKey key_;
};

}  // namespace bowline::coinbase
