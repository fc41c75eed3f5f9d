#include "decoder.hpp"

#include <algorithm>

#include "json_read.hpp"

namespace bowline::coinbase {
namespace {

using stream_detail::Key;
using stream_detail::Reader;
namespace od = simdjson::ondemand;

struct EventReader {
  Channel channel;
  bool (*read)(Reader&, od::value&);
};
constexpr EventReader event_readers[] = {
    {Channel::level2, stream_detail::read_book},         {Channel::market_trades, stream_detail::read_trades},
    {Channel::ticker, stream_detail::read_tickers},      {Channel::ticker_batch, stream_detail::read_tickers},
    {Channel::candles, stream_detail::read_candles},     {Channel::status, stream_detail::read_products},
    {Channel::user, stream_detail::read_user},           {Channel::subscriptions, stream_detail::read_subscriptions},
    {Channel::heartbeats, stream_detail::read_heartbeat}};

/// Empties the lists and keeps their memory.
void clear(StreamFrame& f) {
  f.is_error = false;
  f.error_message = f.channel_name = {};
  f.channel = Channel::unknown;
  f.timestamp_ns = 0;
  f.sequence.reset();
  f.subscriptions.clear();
  f.heartbeats.clear();
  f.books.clear();
  f.book_updates.clear();
  f.trades.clear();
  f.tickers.clear();
  f.candles.clear();
  f.products.clear();
  f.user_events.clear();
  f.orders.clear();
}

/// One way through the text. Of `late` the caller is told when the events came before the channel's name: then the way is
/// gone once more, with the name known.
struct Pass {
  Reader& r;
  bool late = false;
  bool has_channel = false, has_events = false, has_type = false, has_sequence = false;
  std::string_view type{};

  bool once(bool& seen, const char* name) {
    if (seen) return r.wrong(name, "is there twice");
    return seen = true;
  }
  bool events(od::value& value) {
    if (!once(has_events, "events")) return false;
    if (type == "error") return true;
    if (r.frame.channel_name.empty()) {
      late = true;
      return true;
    }
    for (const EventReader& e : event_readers)
      if (e.channel == r.frame.channel)
        return r.items(value, "events", r.event, [&](od::value& event) {
          r.product = {};
          return e.read(r, event);
        });
    return true;
  }
  bool field(Key key, od::value& value) {
    if (key.is("channel")) {
      if (!once(has_channel, "channel") || !r.text(value, "channel", r.frame.channel_name)) return false;
      r.frame.channel = channel_told(r.frame.channel_name);
      return true;
    }
    if (key.is("type")) return once(has_type, "type") && r.text(value, "type", type);
    if (key.is("message")) return r.text(value, "message", r.frame.error_message);
    if (key.is("timestamp")) return r.time(value, "timestamp", r.frame.timestamp_ns);
    if (key.is("sequence_num")) {
      std::int64_t n = 0;
      bool told = false;
      if (!once(has_sequence, "sequence_num") || !r.count(value, "sequence_num", n, told)) return false;
      if (told) r.frame.sequence = static_cast<std::uint64_t>(n);
      return true;
    }
    if (key.is("events")) return events(value);
    return true;
  }
  bool run(od::document& doc) {
    od::object root;
    if (const auto e = doc.get_object().get(root)) return r.broken(e, "", "");
    if (!r.fields_of(root, "", [&](Key key, od::value& value) { return field(key, value); })) return false;
    const char* rest = nullptr;  // behind the last brace there is nothing
    if (doc.current_location().get(rest) == simdjson::SUCCESS) return r.broken(simdjson::TRAILING_CONTENT, "", "");
    return true;
  }
};

}  // namespace

std::vector<std::string_view> products_of(const StreamFrame& frame) {
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view id) {
    if (!id.empty() && std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
  };
  for (const auto& x : frame.books) add(x.product);
  for (const auto& x : frame.trades) add(x.product);
  for (const auto& x : frame.tickers) add(x.product);
  for (const auto& x : frame.candles) add(x.product);
  for (const auto& x : frame.products) add(x.id);
  for (const auto& x : frame.orders) add(x.product);
  return out;
}

struct StreamDecoder::Parts {
  Options options;
  DecoderCounts counts;
  StreamFrame frame;
  TimeReader times;
  od::parser parser;
  std::unique_ptr<char[]> text;
  std::size_t room = 0;
  std::optional<std::uint64_t> sequence;
  Channel channel = Channel::unknown;

  /// A copy with the padding that the parser may read into.
  void copy(std::string_view from) {
    if (room > options.keep_bytes && from.size() <= options.keep_bytes) {
      frame = {};
      parser = od::parser{};
      text.reset();
      room = 0;
    }
    if (from.size() > room || !text) {
      const std::size_t more = std::max(from.size(), std::min(room * 2, options.max_bytes));
      text = std::make_unique_for_overwrite<char[]>(more + simdjson::SIMDJSON_PADDING);
      room = more;
    }
    if (!from.empty()) std::memcpy(text.get(), from.data(), from.size());
    std::memset(text.get() + from.size(), 0, simdjson::SIMDJSON_PADDING);
  }
  Error refuse(Error why) {
    ++counts.refused;
    if (!frame.channel_name.empty()) why.details.emplace_back("channel", std::string(frame.channel_name.substr(0, 40)));
    if (frame.sequence) why.details.emplace_back("sequence_num", std::to_string(*frame.sequence));
    sequence = frame.sequence;
    channel = frame.channel;
    return why;
  }
  bool read(Reader& r, std::size_t size) {
    od::document doc;
    if (const auto e = parser.iterate(text.get(), size, size + simdjson::SIMDJSON_PADDING).get(doc)) return r.broken(e, "", "");
    Pass first{r};
    if (!first.run(doc)) return false;
    std::string_view type = first.type;
    bool has_events = first.has_events;
    if (first.late && type != "error" && frame.channel != Channel::unknown) {
      const Channel known = frame.channel;
      doc.rewind();  // and with it the memory of unescaped texts: they are read again
      clear(frame);
      // A name that needed unescaping is read again only when its field comes: a word that stays is put in its place.
      frame.channel_name = row_of(known)->told;
      frame.channel = known;
      Pass second{r};
      if (!second.run(doc)) return false;
      type = second.type;
      has_events = second.has_events;
    }
    if (type == "error") {
      const std::string_view message = frame.error_message;
      clear(frame);
      frame.is_error = true;
      frame.error_message = message;
      ++counts.venue_errors;
      return true;
    }
    frame.error_message = {};
    if (frame.channel_name.empty()) return r.missing("channel");
    if (frame.channel == Channel::unknown)
      ++counts.unknown_channels;
    else if (!has_events)
      return r.missing("events");
    return true;
  }
};

StreamDecoder::StreamDecoder() : StreamDecoder(Options{}) {}
StreamDecoder::StreamDecoder(const Options& options) : parts_(std::make_unique<Parts>()) { parts_->options = options; }
StreamDecoder::~StreamDecoder() = default;

Result<const StreamFrame*> StreamDecoder::decode(std::string_view text) {
  Parts& p = *parts_;
  clear(p.frame);
  if (text.size() > p.options.max_bytes)
    return p.refuse({"FRAME_TOO_LARGE", "the frame has " + std::to_string(text.size()) + " bytes, the limit is " +
                                            std::to_string(p.options.max_bytes)});
  p.copy(text);
  Reader reader(p.frame, p.counts, p.times);
  if (!p.read(reader, text.size())) return p.refuse(std::move(reader.why));
  ++p.counts.frames;
  p.sequence = p.frame.sequence;
  p.channel = p.frame.channel;
  return &p.frame;
}

std::optional<std::uint64_t> StreamDecoder::last_sequence() const noexcept { return parts_->sequence; }
Channel StreamDecoder::last_channel() const noexcept { return parts_->channel; }
const DecoderCounts& StreamDecoder::counts() const noexcept { return parts_->counts; }

}  // namespace bowline::coinbase
