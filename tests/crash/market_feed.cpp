// test.feed.crash: plays a script as fast as it is pulled, and stands still at a gate that is not open.
#include <unistd.h>

#include "common/feed_table.hpp"
#include "script.hpp"

namespace bowline::crash_market {
namespace {

class Plugin {
  Script script_;
  std::size_t at_ = 0;

 public:
  explicit Plugin(const bl_host&) {}
  Result<void> configure(const plugin_common::Json& p) {
    auto read = Script::read(p.at("script").get<std::string>());
    if (!read) return read.error();
    script_ = std::move(*read);
    // An earlier process of this run was here, and this one is not yet.
    for (const Line& l : script_.lines)
      if (l.what == Line::What::gate) ::unlink((gate_file(l.gate) + ".at").c_str());
    return {};
  }
  Result<void> start() { return {}; }
  void stop() {}
  Result<void> subscribe(const std::uint32_t*, std::uint64_t) { return {}; }

  bl_status pull(std::uint64_t max, const bl_sink& sink, std::int64_t& next_ns, Error&) {
    for (std::uint64_t n = 0; n < max; ++n, ++at_) {
      if (at_ == script_.lines.size()) return BL_E_NOT_FOUND;
      const Line& l = script_.lines[at_];
      if (l.what == Line::What::gate) {
        if (::access(gate_file(l.gate).c_str(), F_OK) == 0) continue;
        if (n == 0) ::usleep(5'000);
        next_ns = 0;
        return BL_E_AGAIN;
      }
      if ((l.what == Line::What::bar ? bar(sink, l) : quote(sink, l)) < 0) return BL_OK;
    }
    return BL_OK;
  }

 private:
  static bl_status bar(const bl_sink& sink, const Line& l) {
    bl_bar e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_BAR;
    e.h.instrument = l.instrument;
    e.h.ts_event = e.h.ts_recv = e.close_ns = l.time;
    e.open_ns = l.time - bar_ns;
    e.px_exp = -2;
    e.is_final = 1;
    e.open = l.open, e.high = l.high, e.low = l.low, e.close = l.close;
    e.volume = 1'000'000;
    return sink.event(sink.ctx, &e.h);
  }
  static bl_status quote(const bl_sink& sink, const Line& l) {
    bl_quote e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_QUOTE;
    e.h.instrument = l.instrument;
    e.h.ts_event = e.h.ts_recv = l.time;
    e.px_exp = -2;
    e.bid = l.open, e.ask = l.close;
    e.bid_qty = e.ask_qty = 1'000;
    return sink.event(sink.ctx, &e.h);
  }
};

constexpr std::string_view schema =
    R"json({"type":"object","additionalProperties":false,"required":["script"],"properties":{"script":{"type":"string"}}})json";

}  // namespace
}  // namespace bowline::crash_market

BOWLINE_MODULE(BL_FEED, "feed", "test.feed.crash", "1.0.0", bowline::crash_market::schema, bowline::crash_market::Plugin,
               bowline::plugin_common::FeedTable<bowline::crash_market::Plugin>::value, "")
