#include "exchange/server/reply_text.hpp"

#include <algorithm>
#include <array>

namespace bowline::exchange {
namespace {

std::string_view reason(int status) {
  struct Row {
    int status;
    std::string_view text;
  };
  static constexpr auto rows = std::to_array<Row>({{200, "OK"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
                                                   {405, "Method Not Allowed"}, {413, "Content Too Large"}, {429, "Too Many Requests"},
                                                   {500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"}});
  const auto it = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.status == status; });
  return it == rows.end() ? "Other" : it->text;
}

bool plain(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= ' '; });
}

}  // namespace

std::string reply_text(const WebReply& r, bool keep_alive, bool body) {
  std::string out;
  out.reserve(256 + r.body.size());
  out += "HTTP/1.1 " + std::to_string(r.status) + " ";
  out += reason(r.status);
  out += "\r\n";
  if (!find_header(r.headers, "Content-Type")) out += "Content-Type: application/json\r\n";
  for (const auto& [name, value] : r.headers) {
    if (name.empty() || !plain(name) || !plain(value) || name.find(':') != name.npos) continue;
    out += name + ": " + value + "\r\n";
  }
  if (!find_header(r.headers, "Content-Length")) out += "Content-Length: " + std::to_string(r.body.size()) + "\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (body) out += r.body;
  return out;
}

}  // namespace bowline::exchange
