// What an HTTP handler gets and what it gives back: plain values, no socket in sight.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bowline::edge {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };

/// "GET", "POST", …; "OTHER" for a method the server does not know.
std::string_view method_name(Method m) noexcept;

/// Name and value pairs kept in one buffer, so that a connection can reuse it from request to request without
/// allocating. Names compare without case.
class Headers {
 public:
  void clear() noexcept;
  void add(std::string_view name, std::string_view value);
  /// The first header of that name, or nullopt.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  /// Overwrites the values of that header: what must not be found in memory later. The header stays, and its length.
  void blot(std::string_view name) noexcept;
  std::size_t size() const noexcept { return at_.size(); }
  std::pair<std::string_view, std::string_view> operator[](std::size_t i) const noexcept;

 private:
  struct Place {
    std::uint32_t name, name_len, value, value_len;
  };
  std::string text_;
  std::vector<Place> at_;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// One request. A handler gets it by reference, valid until the handler returns: copy it (or what is needed
/// of it) when the answer is made later or on another thread.
struct Request {
  Method method = Method::Get;
  std::string target;  ///< as it stood on the request line, e.g. "/orders/7?x=1"
  std::string path;    ///< percent-decoded, e.g. "/orders/7"
  Pairs query;         ///< percent-decoded, in the order given, repeated keys kept
  Pairs params;        ///< path parameters by name: {"id","7"} for /orders/{id}
  Headers headers;
  std::string body;
  std::string request_id;  ///< the caller's X-Request-Id if it is sane, else made by the server
  std::string principal;   ///< who asks, as in "token:trade"; empty = not authenticated
  std::string remote;      ///< "127.0.0.1:51234"

  /// First query value of that key, or nullopt.
  std::optional<std::string_view> query_value(std::string_view key) const noexcept;
  /// Value of a path parameter; empty if the route has no such parameter.
  std::string_view param(std::string_view name) const noexcept;
};

/// One answer. `body` is either owned text or shared immutable bytes (cached documents: nothing is copied).
struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  ///< must point at static text
  Pairs headers{};  ///< extra ones; Content-Length, Content-Type, Connection, X-Request-Id are the server's
  std::variant<std::string, std::shared_ptr<const std::string>> body{};

  std::string_view bytes() const noexcept;
  static Response json(int status, std::string text);
  static Response text(int status, std::string text);
  /// 200 with cached JSON bytes: the cheapest answer.
  static Response shared(std::shared_ptr<const std::string> json);
};

/// The one error shape: {"error":{"code","message","details":{…},"request_id"}}.
std::string error_json(const Error& error, std::string_view request_id);
Response error_response(int status, const Error& error, std::string_view request_id);

}  // namespace bowline::edge
