#include "coinbase/credentials.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "coinbase/key_file.hpp"
#include "coinbase/secret.hpp"

namespace bowline::coinbase {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t room_for_file = 64 * 1024 + 1;

std::string_view trimmed(std::string_view s) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = s.find_first_not_of(blanks);
  return first == s.npos ? std::string_view() : s.substr(first, s.find_last_not_of(blanks) + 1 - first);
}

}  // namespace

Result<Credentials> Credentials::from_parts(std::string_view name, std::string_view secret) {
  name = trimmed(name);
  // What is refused is not repeated: name and secret get mixed up.
  if (name.empty() || name.size() > longest_name)
    return Error{"COINBASE_KEY_NAME", "the API key's name is empty or has more than 256 characters: it looks like organizations/.../apiKeys/..., or is a UUID"};
  for (const char c : name)
    if (c <= ' ' || c > '~' || c == '"' || c == '\\')
      return Error{"COINBASE_KEY_NAME", "the API key's name has a character that no name has: it looks like organizations/.../apiKeys/..., or is a UUID"};
  auto key = SigningKey::parse(secret);
  if (!key) return key.error();
  return Credentials(std::string(name), std::move(*key));
}

Result<Credentials> Credentials::from_key_file(std::string_view json) {
  const auto file = parse_key_file(json);
  if (!file) return file.error();
  return from_parts(file->name, file->key.view());
}

Result<Credentials> Credentials::read_key_file(const std::string& path) {
  const auto unreadable = [&](const char* why) {
    return Error{"COINBASE_KEY_FILE_UNREADABLE", "the API key file " + path + " can't be read: " + why};
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(std::strerror(errno));
  Secret text(room_for_file);
  std::size_t used = 0;
  ssize_t n = 0;
  while (used < room_for_file && (n = ::read(fd, text.data() + used, room_for_file - used)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    used += static_cast<std::size_t>(n);
  }
  const int failed = n < 0 ? errno : 0;
  ::close(fd);
  if (failed != 0) return unreadable(std::strerror(failed));
  text.resize(used);
  return from_key_file(text.view());
}

}  // namespace bowline::coinbase
