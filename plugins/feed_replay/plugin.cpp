// bowline.feed.replay: see README.md.
#include "common/feed_table.hpp"
#include "player.hpp"

namespace bowline::feed_replay {
namespace {

class Plugin {
  plugin_common::HostSide host_;
  PlayerOptions options_;
  std::unique_ptr<Player> player_;

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    auto o = player_options(plugin_common::text_map(p.at("files")), p.at("interval").get<std::int64_t>(),
                            p.at("speed").get<std::string>(), p.at("from").get<std::string>(),
                            p.at("to").get<std::string>(), p.at("on_bad").get<std::string>());
    if (!o) return o.error();
    options_ = std::move(*o);
    return {};
  }
  /// Opens the files: what cannot be read is refused before the run begins.
  Result<void> start() {
    auto player =
        Player::open(options_, [this](const std::string& symbol) { return host_.instrument(symbol); });
    if (!player) return player.error();
    player_ = std::move(*player);
    return {};
  }
  void stop() {
    if (player_) summarize();
    player_.reset();
  }
  Result<void> subscribe(const std::uint32_t* instruments, std::uint64_t n) {
    if (!player_) return Error{"FEED_NOT_STARTED", "subscribe before start"};
    return player_->subscribe(instruments, n);
  }
  bl_status pull(std::uint64_t max, const bl_sink& sink, std::int64_t& next_ns, Error& why) {
    if (!player_) return BL_E_STATE;
    switch (player_->pull(
        max, sink, [this] { return host_.now_ns(); }, next_ns)) {
      case Player::Pulled::more:
        return BL_OK;
      case Player::Pulled::wait:
        return BL_E_AGAIN;
      case Player::Pulled::end:
        summarize();
        return BL_E_NOT_FOUND;
      case Player::Pulled::failed:
        summarize();
        why = player_->error();
        return BL_E_INVALID;
    }
    return BL_E_INTERNAL;
  }

 private:
  void summarize() {
    player_->summarize([this](std::uint32_t level, const std::string& text) { host_.log(level, text); });
  }
};

constexpr std::string_view schema =
    R"json({"type":"object","additionalProperties":false,"required":["files"],"properties":{
"files":{"type":"object","properties":{},"additionalProperties":{"type":"string","x-bowline-unit":"path"},"description":"symbol to candle file, csv or csv.gz"},
"interval":{"type":"integer","x-bowline-unit":"duration","x-bowline-host":"interval","default":300000000000,"minimum":1000000000,"description":"length of a bar: the run's own interval, which it takes when left out"},
"speed":{"type":"string","default":"max","pattern":"^(max|real|[0-9]+(\\.[0-9]+)?(x|×))$","description":"max, real, or a factor such as 300x"},
"from":{"type":"string","default":"","description":"only bars that open at or after this: 2022-01-01, 2022-01-01T12:00:00Z, or epoch seconds in quotes"},
"to":{"type":"string","default":"","description":"only bars that close at or before this"},
"on_bad":{"type":"string","default":"refuse","enum":["refuse","skip"],"description":"what happens to a bad row: end with an error, or leave it out and count it"}}})json";

}  // namespace
}  // namespace bowline::feed_replay

BOWLINE_MODULE(BL_FEED, "feed", "bowline.feed.replay", "1.0.0", bowline::feed_replay::schema,
               bowline::feed_replay::Plugin,
               bowline::plugin_common::FeedTable<bowline::feed_replay::Plugin>::value,
               ",\"needed\":[\"libz.so.1\"]")
