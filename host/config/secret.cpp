#include "config/secret.hpp"

#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace bowline::config {

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
    std::error_code ec;
    std::ifstream in(file, std::ios::binary);
    if (in && std::filesystem::is_regular_file(file, ec)) {  // a folder opens, and throws when it is read
      std::string text{std::istreambuf_iterator<char>(in), {}};
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
      return Secret(std::move(text));
    }
  }
  std::string variable = "BOWLINE_SECRET_";
  for (const char c : name)
    variable += std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
  if (auto text = env(variable)) return Secret(std::move(*text));
  return Error{"SECRET_MISSING", "secret " + std::string(name) + " is not there: put it in a file of that name in the folder BOWLINE_SECRETS names, or into the environment as " + variable};
}

}  // namespace bowline::config
