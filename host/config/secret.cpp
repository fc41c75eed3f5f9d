#include "config/secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace bowline::config {
namespace {

/// The whole of a regular file, read into its own place at once: a stream's buffer, or a text that grows, would leave copies of a
/// secret behind that nobody wipes. None: it can't be read, or is no such file.
std::optional<std::string> read_whole(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct ::stat is{};
  std::optional<std::string> text;
  if (::fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_size <= std::int64_t{1} << 20) {
    text.emplace(static_cast<std::size_t>(is.st_size), '\0');
    std::size_t has = 0;
    while (has < text->size()) {
      const ssize_t n = ::read(fd, text->data() + has, text->size() - has);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      has += static_cast<std::size_t>(n);
    }
    if (has < text->size()) {
      explicit_bzero(text->data(), text->size());
      text.reset();  // it shrank, or failed: half a secret is none
    }
  }
  ::close(fd);
  return text;
}

}  // namespace

void Secret::wipe() noexcept {
  // Up to the capacity: a short text that was moved away still lies in the string's own buffer, at size 0.
  text_.resize(text_.capacity());
  explicit_bzero(text_.data(), text_.size());
}

Result<Secret> find_secret(std::string_view reference, const std::function<std::optional<std::string>(std::string_view)>& env) {
  constexpr std::string_view scheme = "secret://";
  std::string_view name = reference;
  if (name.starts_with(scheme)) name.remove_prefix(scheme.size());
  bool plain = !name.empty() && name.front() != '/';
  for (const char c : name)
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '-' || c == '_' || c == '.');
  if (!plain || name.find("..") != std::string_view::npos)
    return Error{"SECRET_NAME", "a secret's name has letters, digits, '-', '_', '.' and '/' only, and no '..'"};
  if (const auto folder = env("BOWLINE_SECRETS")) {
    const auto file = std::filesystem::path(*folder) / std::string(name);
    if (auto text = read_whole(file)) {
      while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
      return Secret(std::move(*text));
    }
  }
  std::string variable = "BOWLINE_SECRET_";
  for (const char c : name)
    variable += std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
  if (auto text = env(variable)) return Secret(std::move(*text));
  return Error{"SECRET_MISSING", "secret " + std::string(name) + " is not there: put it in a file of that name in the folder BOWLINE_SECRETS names, or into the environment as " + variable};
}

}  // namespace bowline::config
