#include "edge/request_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace bowline::edge {
namespace {

Error bad(std::string what) { return {"EDGE_BAD_REQUEST", std::move(what)}; }

bool token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// They say how the message is framed and where it goes: two of them, or a wrong one, and the other side reads another request.
constexpr std::array<std::string_view, 9> own{"host", "content-length", "connection", "transfer-encoding", "keep-alive",
                                              "upgrade", "te", "trailer", "expect"};

std::string lower_case(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool is_own(std::string_view name) {
  const std::string lower = lower_case(name);
  return std::ranges::find(own, lower) != own.end() || lower.starts_with("sec-websocket-") || lower.starts_with("proxy-");
}

}  // namespace

Result<Pairs> header_pairs(std::string_view lines) {
  Pairs all;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !token(line.substr(0, colon))) return bad("a header is not of the form \"Name: value\"");
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t'; };
    if (!std::ranges::all_of(value, plain)) return bad("a header has a character that cannot be sent");
    if (is_own(name)) return bad("the header " + std::string(name) + " is the client's own");
    all.emplace_back(name, value);
  }
  return all;
}

bool is_loopback(const Url& url) {
  const std::string host = bare_host(url);
  if (host == "localhost") return true;
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

Result<std::string> request_bytes(std::string_view method, const Url& url, std::string_view headers, std::string_view body,
                                  std::string_view user_agent) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (method.empty() || method.size() > 16 || !std::ranges::all_of(method, capital) || method == "CONNECT")
    return bad("the method is none that can be sent");
  const auto pairs = header_pairs(headers);
  if (!pairs) return pairs.error();
  std::string out;
  out.reserve(256 + url.target.size() + headers.size() + body.size());
  out.append(method).append(" ").append(url.target).append(" HTTP/1.1\r\nHost: ").append(url.host_header()).append("\r\n");
  bool named = false;
  for (const auto& [name, value] : *pairs) {
    out.append(name).append(": ").append(value).append("\r\n");
    named = named || lower_case(name) == "user-agent";
  }
  if (!named) out.append("User-Agent: ").append(user_agent).append("\r\n");
  const bool has_body = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body) out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return std::move(out.append("\r\n").append(body));
}

}  // namespace bowline::edge
