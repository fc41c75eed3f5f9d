// A plugin's way to a venue: requests and WebSockets of the host (bowline.http/1, bowline.ws/1), and views of what comes back.
//
//   bowline::Http http(*this);                                  // in configure() or start(): the host as a set of members
//   bl_error why{};
//   const bl_status sent = http.send({.request = 7, .method = "GET", .url = "https://venue.example/time"}, &why);
//   // later, on the lane:
//   if (const auto reply = bowline::HttpReply::of(event)) { reply->request(), reply->outcome(), reply->body() ... }
//
// Every request that was accepted (BL_PENDING) comes back as exactly one BL_EV_HTTP of its number, however it ends; one that was
// refused never does. Every WebSocket that was accepted ends with exactly one `closed` frame; then its number is free.
#pragma once

#include <bowline/plugin.h>

#include <bowline/services.hpp>
#include <bowline/views.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bowline {

/// One request. The texts are borrowed until send() returns: the host copies them.
struct HttpRequest {
  std::uint64_t request = 0;    ///< the plugin's number; comes back with the answer
  std::uint32_t lane = 0;       ///< 0 normal, 1 exits and cancels: served first, from a budget of its own
  std::uint32_t rate_class = 0; ///< index into bl_venue_v1.classes
  std::uint32_t cost = 1;       ///< what it is charged there; 0 is free
  std::string_view method{};    ///< GET, POST, ...
  std::string_view url{};       ///< https://, or http:// to this machine alone
  std::string_view headers{};   ///< lines `Name: value`, each ended by "\r\n" or "\n"; Host and Content-Length are the host's
  std::string_view body{};
  std::int64_t deadline_ns = 0;  ///< UTC; the answer comes by then, whatever it is. 0: the host's own time-out from now
  std::int64_t not_after_ns = 0; ///< UTC; no first byte after it: then BL_E_STATE and nothing sent. 0: no last moment
  std::uint64_t max_bytes = 0;   ///< of the reply; 0: the host's own limit
};

/// bowline.http/1. A default one, and that of a host without the service, answers BL_E_UNSUPPORTED. Borrows the host.
class Http {
  const bl_host* host_ = nullptr;
  const bl_http_v1* table_ = nullptr;

 public:
  Http() = default;
  /// From configure() on.
  explicit Http(const Host& host) noexcept : host_(&host.raw_host()), table_(host.service<bl_http_v1>(BL_SVC_HTTP)) {}
  explicit operator bool() const noexcept { return table_ != nullptr; }

  /// BL_PENDING: accepted, one BL_EV_HTTP will come. Anything negative: nothing was sent and no event will come: BL_E_AGAIN the
  /// queue is full, BL_E_INVALID it cannot be sent, BL_E_STATE the run is ending, BL_E_UNSUPPORTED there is no such service.
  /// `why`, where given, says it in words. [any]
  bl_status send(const HttpRequest& q, bl_error* why = nullptr) const noexcept {
    if (table_ == nullptr) return detail::put_error(why, BL_E_UNSUPPORTED, "HTTP_UNSUPPORTED", "this host sends no requests");
    bl_error unread{};
    const bl_http_request raw{sizeof(bl_http_request), q.lane, q.rate_class, q.cost, q.request, to_abi(q.method), to_abi(q.url),
                              to_abi(q.headers), to_abi(q.body), q.deadline_ns, q.not_after_ns, q.max_bytes};
    return table_->send(host_->ctx, &raw, why != nullptr ? why : &unread);
  }
  /// Withdraws a request that still waits; its event comes all the same, BL_E_IO (no byte was sent) or, where it was already on
  /// its way, with what became of it. BL_E_NOT_FOUND: there is none of this number. [any]
  bl_status cancel(std::uint64_t request) const noexcept {
    return table_ == nullptr ? bl_status{BL_E_UNSUPPORTED} : table_->cancel(host_->ctx, request);
  }
};

/// bowline.ws/1. A default one, and that of a host without the service, answers BL_E_UNSUPPORTED. Borrows the host.
class Ws {
  const bl_host* host_ = nullptr;
  const bl_ws_v1* table_ = nullptr;

 public:
  Ws() = default;
  /// From configure() on.
  explicit Ws(const Host& host) noexcept : host_(&host.raw_host()), table_(host.service<bl_ws_v1>(BL_SVC_WS)) {}
  explicit operator bool() const noexcept { return table_ != nullptr; }

  /// `conn`: a number of the plugin's that is not in use. `url`: wss://, or ws:// to this machine alone. `headers`: as those of a
  /// request. `max_frame`: bytes of one text, 0 the host's own limit. BL_PENDING: accepted; `open` or `closed` will come. Anything
  /// negative: no event will. [any]
  bl_status open(std::uint64_t conn, std::string_view url, std::string_view headers = {}, std::uint64_t max_frame = 0,
                 bl_error* why = nullptr) const noexcept {
    if (table_ == nullptr) return detail::put_error(why, BL_E_UNSUPPORTED, "WS_UNSUPPORTED", "this host opens no WebSockets");
    bl_error unread{};
    return table_->open(host_->ctx, conn, to_abi(url), to_abi(headers), max_frame, why != nullptr ? why : &unread);
  }
  /// One text. Only while it is open: else BL_E_STATE. That it was taken does not say that it has arrived. [any]
  bl_status send(std::uint64_t conn, std::string_view text) const noexcept {
    return table_ == nullptr ? bl_status{BL_E_UNSUPPORTED} : table_->send(host_->ctx, conn, to_abi(text));
  }
  /// Its `closed` still comes. BL_E_NOT_FOUND: there is none of this number. [any]
  bl_status close(std::uint64_t conn) const noexcept {
    return table_ == nullptr ? bl_status{BL_E_UNSUPPORTED} : table_->close(host_->ctx, conn);
  }
};

namespace detail {
/// A text of the ABI that says it has bytes has to have a place for them too.
inline bool sound(const bl_str& s) noexcept { return s.ptr != nullptr || s.len == 0; }
}  // namespace detail

/// How a request ended. Borrows the event: good until the call that it was handed to returns.
class HttpReply {
  const bl_http_result* r_;
  explicit HttpReply(const bl_http_result& r) noexcept : r_(&r) {}

 public:
  /// Nothing for an event of another type, for one too short to hold every field, and for one whose texts point nowhere.
  static std::optional<HttpReply> of(const bl_event& e) noexcept {
    constexpr std::size_t needed = offsetof(bl_http_result, body) + sizeof(bl_str);
    if (e.type != BL_EV_HTTP || e.size < needed) return std::nullopt;
    const auto& r = *reinterpret_cast<const bl_http_result*>(&e);
    if (!detail::sound(r.headers) || !detail::sound(r.body)) return std::nullopt;
    return HttpReply(r);
  }
  std::uint64_t request() const noexcept { return r_->request; }
  /// BL_OK: a whole reply, whatever its status. BL_E_IO: proof that no byte was sent. BL_E_STATE: not_after had passed, nothing
  /// was sent. Anything else, BL_E_UNKNOWN_OUTCOME first of all: it may have been carried out.
  bl_status outcome() const noexcept { return r_->outcome; }
  bool whole() const noexcept { return r_->outcome == BL_OK; }
  /// Proof that the other side never saw it.
  bool never_sent() const noexcept { return r_->outcome == BL_E_IO || r_->outcome == BL_E_STATE; }
  std::uint32_t status() const noexcept { return r_->status; }  ///< HTTP's; only of a whole reply
  std::string_view body() const noexcept { return from_abi(r_->body); }  ///< of one that is not whole: why, as `CODE: words`
  std::string_view headers() const noexcept { return from_abi(r_->headers); }  ///< lines `Name: value`
  std::int64_t received_ns() const noexcept { return r_->h.ts_recv; }
  /// The value of the first line of this name, whatever its case, without the blanks around it; empty: there is none.
  std::string_view header(std::string_view name) const noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    std::string_view rest = headers();
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const std::size_t colon = line.find(':');
      if (colon != name.size() ||
          !std::equal(name.begin(), name.end(), line.begin(), [&](char a, char b) { return lower(a) == lower(b); }))
        continue;
      line.remove_prefix(colon + 1);
      const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
      return first == std::string_view::npos ? std::string_view() : line.substr(first, last - first + 1);
    }
    return {};
  }
  const bl_http_result& raw() const noexcept { return *r_; }
};

/// What a WebSocket says. Borrows the event: good until the call that it was handed to returns.
class WsFrame {
  const bl_ws_frame* f_;
  explicit WsFrame(const bl_ws_frame& f) noexcept : f_(&f) {}

 public:
  enum class What : std::uint32_t { other = 0, open = 1, text = 2, closed = 3 };

  /// Nothing for an event of another type, for one too short to hold every field, and for one whose text points nowhere.
  static std::optional<WsFrame> of(const bl_event& e) noexcept {
    constexpr std::size_t needed = offsetof(bl_ws_frame, data) + sizeof(bl_str);
    if (e.type != BL_EV_WS || e.size < needed) return std::nullopt;
    const auto& f = *reinterpret_cast<const bl_ws_frame*>(&e);
    if (!detail::sound(f.data)) return std::nullopt;
    return WsFrame(f);
  }
  std::uint64_t conn() const noexcept { return f_->conn; }
  /// `other`: a kind of a later minor, to be ignored.
  What what() const noexcept { return f_->what >= 1 && f_->what <= 3 ? static_cast<What>(f_->what) : What::other; }
  std::string_view data() const noexcept { return from_abi(f_->data); }  ///< the text; of `closed`: why, as `CODE: words`
  std::int64_t received_ns() const noexcept { return f_->h.ts_recv; }
  const bl_ws_frame& raw() const noexcept { return *f_; }
};

}  // namespace bowline
