// A feed that is not pulled: it asks `url`/script over http when its first timer fires, opens a WebSocket at `ws` if there is
// one, and plays every text that it is told, one line per thing:
//   bar <instrument> <close> <known> <price>     known 0: left to the host; -1: now + an hour
//   quote|trade <instrument> <known>   link <state>   ask <n>: n more requests   timer <ms>: a bar of instrument 2, closed at 7, then
//   wake: the same, closed at 8, from on_wake   throw   reply: the text "said" over the WebSocket
// Every other line goes into the sink, the others to bowline.publish/1. `trace`: a file that each http outcome and each end of a
// WebSocket is written to. Times in seconds, prices in cents. With MUTE_FEED it has neither pull nor on_event.
#include <fstream>
#include <sstream>

#include "common/feed_table.hpp"

namespace bowline::net_feed {
namespace {

constexpr std::int64_t second = 1'000'000'000;

class Plugin {
  plugin_common::HostSide host_;
  const bl_http_v1* http_ = nullptr;
  const bl_ws_v1* ws_ = nullptr;
  const bl_timer_v1* timer_ = nullptr;
  const bl_publish_v1* publish_ = nullptr;
  std::string url_, ws_url_, trace_;
  std::uint64_t asked_ = 0, lines_ = 0;
  bl_rate_class class_{};
  bl_venue_v1 rates_{};

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}
  Result<void> configure(const plugin_common::Json& p) {
    url_ = p.at("url").get<std::string>();
    ws_url_ = p.at("ws").get<std::string>();
    trace_ = p.at("trace").get<std::string>();
    class_ = {plugin_common::str("market"), 1000, 1000, p.at("per_hour").get<std::uint32_t>(), 0};
    if (class_.per_hour != 0) rates_ = {sizeof rates_, 1, 0, 0, &class_, nullptr, nullptr};
    return {};
  }
  Result<void> start() { return {}; }
  void stop() {
    if (!trace_.empty()) std::ofstream(trace_, std::ios::app) << "stop\n";
  }
  const void* extension(std::string_view id) const noexcept { return id == BL_EXT_VENUE && rates_.size != 0 ? &rates_ : nullptr; }

  // The services are looked up after configure here, and on the lane: the budget holds all the same.
  Result<void> subscribe(const std::uint32_t*, std::uint64_t) {
    timer_ = host_.service<bl_timer_v1>(BL_SVC_TIMER);
    publish_ = host_.service<bl_publish_v1>(BL_SVC_PUBLISH);
    if (timer_ == nullptr || publish_ == nullptr) return Error{"SERVICE_MISSING", "no timers, or nowhere to publish"};
    timer_->arm(host_.ctx(), 1, host_.now_ns(), 0);
    return {};
  }
  void on_wake() { bar(nullptr, 2, 8, 0, 100); }
  Result<void> on_event(const bl_event& e, const bl_sink& sink) {
    if (e.type == BL_EV_TIMER) {
      if (reinterpret_cast<const bl_timer&>(e).timer != 1) return bar(&sink, 2, 7, 0, 100), Result<void>{};
      http_ = host_.service<bl_http_v1>(BL_SVC_HTTP);
      ws_ = host_.service<bl_ws_v1>(BL_SVC_WS);
      if (http_ == nullptr || ws_ == nullptr) return Error{"SERVICE_MISSING", "the host offers no network"};
      if (!url_.empty()) ask("/script");
      bl_error why{};
      if (!ws_url_.empty() && ws_->open(host_.ctx(), 1, plugin_common::str(ws_url_), {}, 0, &why) < 0) return Error{"WS", why.message};
    }
    if (e.type == BL_EV_HTTP) {
      const auto& r = reinterpret_cast<const bl_http_result&>(e);
      if (!trace_.empty()) std::ofstream(trace_, std::ios::app) << "http " << r.outcome << "\n";
      if (r.outcome == BL_OK) return play(std::string(plugin_common::view(r.body)), sink);
    }
    if (e.type == BL_EV_WS) {
      const auto& f = reinterpret_cast<const bl_ws_frame&>(e);
      if (f.what == 2) return play(std::string(plugin_common::view(f.data)), sink);
      if (f.what == 3 && !trace_.empty()) std::ofstream(trace_, std::ios::app) << "closed\n";
    }
    return {};
  }

 private:
  void ask(const std::string& path) {
    const std::string url = url_ + path;
    bl_http_request q{};
    q.size = sizeof q;
    q.cost = 1;
    q.request = ++asked_;
    q.method = plugin_common::str("GET");
    q.url = plugin_common::str(url);
    http_->send(host_.ctx(), &q, nullptr);
  }
  void say(const bl_sink* sink, const bl_event& e) {
    if (sink != nullptr && ++lines_ % 2 == 1) sink->event(sink->ctx, &e);
    else publish_->event(host_.ctx(), &e);
  }
  void bar(const bl_sink* sink, std::int64_t instrument, std::int64_t close, std::int64_t known, std::int64_t price) {
    bl_bar b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.h.instrument = static_cast<std::uint32_t>(instrument);
    b.open_ns = (close - 300) * second;
    b.close_ns = b.h.ts_event = close * second;
    b.h.ts_recv = known < 0 ? host_.now_ns() + 3600 * second : known * second;
    b.px_exp = -2;
    b.is_final = 1;
    b.open = b.high = b.low = b.close = price;
    say(sink, b.h);
  }
  Result<void> play(const std::string& script, const bl_sink& sink) {
    std::istringstream in(script);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string what;
      std::int64_t a = 0, b = 0, c = 0, d = 0;
      words >> what >> a >> b >> c >> d;
      if (what == "bar") {
        bar(&sink, a, b, c, d);
      } else if (what == "quote" || what == "trade") {
        bl_quote q{};
        q.h.size = what == "quote" ? static_cast<std::uint32_t>(sizeof q) : static_cast<std::uint32_t>(sizeof(bl_trade));
        q.h.type = what == "quote" ? BL_EV_QUOTE : BL_EV_TRADE;
        q.h.instrument = static_cast<std::uint32_t>(a);
        q.h.ts_event = q.h.ts_recv = b * second;
        q.bid = 1, q.ask = 2, q.bid_qty = q.ask_qty = 1;
        say(&sink, q.h);
      } else if (what == "link") {
        bl_link l{};
        l.h.size = sizeof l;
        l.h.type = BL_EV_LINK;
        l.state = static_cast<std::uint32_t>(a);
        l.scope = 1;
        say(&sink, l.h);
      } else if (what == "ask") {
        for (; a > 0; --a) ask("/more");
      } else if (what == "timer") {
        timer_->arm(host_.ctx(), 2, host_.now_ns() + a * 1'000'000, 0);
      } else if (what == "wake") {
        host_.wake();
      } else if (what == "reply") {
        ws_->send(host_.ctx(), 1, plugin_common::str("said"));
      } else {
        return Error{"SCRIPT_FAILED", "as the script wants"};
      }
    }
    return {};
  }
};

constexpr std::string_view schema =
    R"json({"type":"object","additionalProperties":false,"properties":{"url":{"type":"string","default":""},"ws":{"type":"string","default":""},"trace":{"type":"string","default":""},"per_hour":{"type":"integer","default":0}}})json";

#ifdef MUTE_FEED
constexpr bl_feed_v1 table{sizeof(bl_feed_v1), 0, plugin_common::FeedTable<Plugin>::subscribe, nullptr, nullptr};
#else
constexpr bl_feed_v1 table = plugin_common::FeedTable<Plugin>::value;
#endif

}  // namespace
}  // namespace bowline::net_feed

BOWLINE_MODULE_SINCE("2", BL_FEED, "feed", "test.feed.net", "1.0.0", bowline::net_feed::schema, bowline::net_feed::Plugin, bowline::net_feed::table, "")
