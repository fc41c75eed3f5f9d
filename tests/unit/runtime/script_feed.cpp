// A feed that plays a script, one line per pulled thing:
//   bar <instrument> <close> <known> <price> [replayed|open|short|brief]   quote|observation|trade <instrument> <known>
//   wait <due>     nothing before that moment (BL_E_AGAIN), told once
//   silent         nothing, ever (BL_E_AGAIN an hour ahead)
//   batch          ends this pull
//   spin <n>       n bars of instrument 1, a second apart
//   fail
// Times in seconds, prices in cents. After the last line the data end.
#include <sstream>

#include "common/feed_table.hpp"

namespace bowline::script_feed {
namespace {

constexpr std::int64_t second = 1'000'000'000;

class Plugin {
  plugin_common::HostSide host_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  std::int64_t spun_ = 0;

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}
  Result<void> configure(const plugin_common::Json& p) {
    std::istringstream in(p.at("script").get<std::string>());
    for (std::string line; std::getline(in, line);)
      if (!line.empty()) lines_.push_back(line);
    return {};
  }
  Result<void> start() { return {}; }
  void stop() {}
  Result<void> subscribe(const std::uint32_t*, std::uint64_t) { return {}; }

  bl_status pull(std::uint64_t max, const bl_sink& sink, std::int64_t& next_ns, Error& why) {
    for (std::uint64_t n = 0; n < max; ++n) {
      if (at_ == lines_.size()) return BL_E_NOT_FOUND;
      std::istringstream in(lines_[at_]);
      std::string what, mark;
      std::int64_t a = 0, b = 0, c = 0, d = 0;
      in >> what >> a >> b >> c >> d >> mark;
      if (what == "wait") {
        next_ns = a * second;
        if (host_.now_ns() < next_ns) return BL_E_AGAIN;
      } else if (what == "silent") {
        next_ns = host_.now_ns() + 3600 * second;
        return BL_E_AGAIN;
      } else if (what == "batch") {
        ++at_;
        return BL_OK;
      } else if (what == "fail") {
        why = Error{"SCRIPT_FAILED", "as the script wants"};
        return BL_E_INVALID;
      } else if (what == "spin") {
        const bl_status said = bar(sink, 1, spun_ + 1, spun_ + 1, 10000, "");
        if (said < 0) return BL_OK;
        if (++spun_ < a) continue;
      } else {
        const bl_status said = what == "bar" ? bar(sink, a, b, c, d, mark) : other(sink, what, a, b);
        if (said < 0) return BL_OK;
      }
      ++at_;
    }
    return BL_OK;
  }

 private:
  static bl_status bar(const bl_sink& sink, std::int64_t instrument, std::int64_t close, std::int64_t known,
                       std::int64_t price, const std::string& mark) {
    bl_bar e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_BAR;
    e.h.flags = mark == "replayed" ? 1 : 0;
    e.h.instrument = static_cast<std::uint32_t>(instrument);
    e.h.ts_event = e.close_ns = close * second;
    e.h.ts_recv = known * second;
    e.open_ns = (close - (mark == "short" ? 60 : mark == "brief" ? 5 : 300)) * second;
    e.px_exp = -2;
    e.qty_exp = 0;
    e.is_final = mark != "open";
    e.open = e.high = e.low = e.close = price;
    e.volume = 1'000'000;
    return sink.event(sink.ctx, &e.h);
  }
  static bl_status other(const bl_sink& sink, const std::string& what, std::int64_t instrument, std::int64_t known) {
    union {
      bl_event h;
      bl_quote quote;
      bl_observation observation;
      bl_trade trade;
    } e{};
    if (what == "quote") {
      e.quote = {};
      e.quote.h.size = sizeof(bl_quote);
      e.quote.h.type = BL_EV_QUOTE;
      e.quote.px_exp = -2;
      e.quote.bid = 9990;
      e.quote.ask = 10010;
      e.quote.bid_qty = e.quote.ask_qty = 1;
    } else if (what == "observation") {
      e.observation = {};
      e.observation.h.size = sizeof(bl_observation);
      e.observation.h.type = BL_EV_OBSERVATION;
    } else {
      e.trade = {};
      e.trade.h.size = sizeof(bl_trade);
      e.trade.h.type = BL_EV_TRADE;
    }
    e.h.instrument = static_cast<std::uint32_t>(instrument);
    e.h.ts_event = e.h.ts_recv = known * second;
    return sink.event(sink.ctx, &e.h);
  }
};

constexpr std::string_view schema =
    R"json({"type":"object","additionalProperties":false,"required":["script"],"properties":{"script":{"type":"string"}}})json";

}  // namespace
}  // namespace bowline::script_feed

BOWLINE_MODULE(BL_FEED, "feed", "test.feed.script", "1.0.0", bowline::script_feed::schema, bowline::script_feed::Plugin,
               bowline::plugin_common::FeedTable<bowline::script_feed::Plugin>::value, "")
