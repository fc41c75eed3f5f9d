#include "edge/message.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace bowline::edge {
namespace {

constexpr std::array<std::string_view, 8> method_names = {"GET",   "HEAD",   "POST",    "PUT",
                                                          "PATCH", "DELETE", "OPTIONS", "OTHER"};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view method_name(Method m) noexcept { return method_names[static_cast<std::size_t>(m)]; }

void Headers::clear() noexcept {
  text_.clear();
  at_.clear();
}

void Headers::add(std::string_view name, std::string_view value) {
  const auto begin = static_cast<std::uint32_t>(text_.size());
  const auto name_len = static_cast<std::uint32_t>(name.size());
  if (const std::size_t needed = text_.size() + name.size() + value.size(); needed > text_.capacity()) {
    std::string wider;
    wider.reserve(std::max<std::size_t>(2 * needed, 512));
    wider = text_;
    ::explicit_bzero(text_.data(), text_.size());  // what has to be blotted must not stay behind in a smaller one
    text_ = std::move(wider);
  }
  text_.append(name).append(value);
  at_.push_back({begin, name_len, begin + name_len, static_cast<std::uint32_t>(value.size())});
}

std::pair<std::string_view, std::string_view> Headers::operator[](std::size_t i) const noexcept {
  const Place& p = at_[i];
  const std::string_view all(text_);
  return {all.substr(p.name, p.name_len), all.substr(p.value, p.value_len)};
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < at_.size(); ++i)
    if (const auto [key, value] = (*this)[i]; same_name(key, name)) return value;
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const noexcept {
  std::size_t n = 0;
  for (std::size_t i = 0; i < at_.size(); ++i) n += same_name((*this)[i].first, name) ? 1 : 0;
  return n;
}

void Headers::blot(std::string_view name) noexcept {
  for (std::size_t i = 0; i < at_.size(); ++i)
    if (same_name((*this)[i].first, name)) ::explicit_bzero(text_.data() + at_[i].value, at_[i].value_len);
}

std::optional<std::string_view> Request::query_value(std::string_view key) const noexcept {
  for (const auto& [k, v] : query)
    if (k == key) return v;
  return std::nullopt;
}

std::string_view Request::param(std::string_view name) const noexcept {
  for (const auto& [k, v] : params)
    if (k == name) return v;
  return {};
}

std::string_view Response::bytes() const noexcept {
  if (const auto* own = std::get_if<std::string>(&body)) return *own;
  const auto& shared = std::get<1>(body);
  return shared ? std::string_view(*shared) : std::string_view{};
}

Response Response::json(int status, std::string text) {
  return {status, "application/json", {}, std::move(text)};
}

Response Response::text(int status, std::string text) {
  return {status, "text/plain; charset=utf-8", {}, std::move(text)};
}

Response Response::shared(std::shared_ptr<const std::string> json) {
  return {200, "application/json", {}, std::move(json)};
}

std::string error_json(const Error& error, std::string_view request_id) {
  auto details = nlohmann::ordered_json::object();
  for (const auto& [key, text] : error.details) details[key] = text;
  const nlohmann::ordered_json doc = {{"error",
                                       {{"code", error.code},
                                        {"message", error.message},
                                        {"details", std::move(details)},
                                        {"request_id", request_id}}}};
  return doc.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Response error_response(int status, const Error& error, std::string_view request_id) {
  return Response::json(status, error_json(error, request_id));
}

}  // namespace bowline::edge
