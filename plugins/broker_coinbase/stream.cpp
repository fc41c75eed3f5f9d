#include "stream.hpp"

#include <string>

#include "coinbase/error_body.hpp"
#include "coinbase_stream/messages.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::Channel;
constexpr std::int64_t first_sweep_ns = 5'000'000'000;
constexpr std::uint64_t max_frame = 8u << 20;  // fifty orders a message: far more than they take

}  // namespace

void Stream::begin() {
  if (!kit_.options.stream || !ws_) return;
  open();
  watch();
}

void Stream::end() {
  ending_ = true;
  if (up_) ws_.close(conn_);
}

void Stream::open() {
  if (ending_ || start_.key() == KeyState::refused) return;
  ++conn_;
  heard_ns_ = kit_.host.now_ns();
  if (ws_.open(conn_, kit_.options.ws_url, {}, max_frame) < 0) reopen();
}

void Stream::reopen() {
  up_ = false;
  start_.stream_is_sound(false);
  if (ending_) return;
  kit_.later.after(kit_.backoff.wait_ns(++failures_), [this] { open(); });
}

bool Stream::on_frame(const WsFrame& f) {
  if (conn_ == 0 || f.conn() != conn_) return false;
  switch (f.what()) {
    case WsFrame::What::open:
      ++counts_.opened;
      up_ = true;
      heard_ns_ = kit_.host.now_ns();
      sequence_.reset();
      tracker_.begin_snapshot();
      subscribe();
      break;
    case WsFrame::What::text: heard(f.data()); break;
    case WsFrame::What::closed:
      ++counts_.closed;
      reopen();
      break;
    case WsFrame::What::other: break;
  }
  return true;
}

bool Stream::ask(Channel channel) {
  const auto token = kit_.session.ws_token();
  if (!token) return false;
  const auto message = coinbase::subscribe_message(channel, {}, *token);
  return message && ws_.send(conn_, *message) >= 0;
}

// Heartbeats keep the connection alive, and tell when it is not. One that can't be subscribed to is of no use.
void Stream::subscribe() {
  if (!ask(Channel::user) || !ask(Channel::heartbeats)) ws_.close(conn_);
}

void Stream::heard(std::string_view text) {
  heard_ns_ = kit_.host.now_ns();
  const auto frame = decoder_.decode(text);
  if (!frame) {
    ++counts_.refused;
    if (const auto n = decoder_.last_sequence()) sequence_.note(*n);
    kit_.host.log(Level::warn, "coinbase: a frame of the account's stream can't be read: " + frame.error().message);
    return lost_something();
  }
  const coinbase::StreamFrame& f = **frame;
  if (f.is_error) {
    ++counts_.errors;
    kit_.host.log(Level::warn, "coinbase: the account's stream says: " + coinbase::one_line(f.error_message));
    ws_.close(conn_);  // a subscription was not taken: another try, with another token, after a wait
    return;
  }
  const auto step = sequence_.note(f);
  if (step.action == coinbase::SequenceAction::ignore) return;
  if (step.action == coinbase::SequenceAction::mend) {
    ++counts_.gaps;
    lost_something();
  }
  if (f.channel != Channel::user) return;
  hints(tracker_.apply(f));
}

// A snapshot that is whole says that the subscription works: what happened before it nobody told.
void Stream::hints(const coinbase::UserNews& news) {
  for (const coinbase::OrderStep& s : news.steps) {
    if (s.news == coinbase::OrderNews::unchanged || s.news == coinbase::OrderNews::old) continue;
    const Known* before = kit_.orders.by_venue(s.order_id);
    const bool was_there = before != nullptr && before->phase == Phase::there;
    Known& k = kit_.orders.learn(s.client_order_id, s.order_id);
    if (s.cumulative.is_set()) k.hinted_qty = max(k.hinted_qty, s.cumulative);
    k.hinted_end = k.hinted_end || s.terminal;
    tracker_.replaced(s.order_id, k.told_qty);  // what the venue's own fills stand for waits no longer
    // Of others' orders, and of an earlier process's, a snapshot says nothing but that they work: they are read in lists, many together.
    const bool nothing_new = !s.terminal && (s.ask_rest & coinbase::ask_doubt) == 0 && k.hinted_qty <= k.told_qty;
    if (s.snapshot && nothing_new && !k.intent) continue;
    // Its end was found before the stream told of it: what that tells late is no news, but for more that was filled.
    if (k.phase == Phase::over && k.hinted_qty - k.told_qty <= division_dust) continue;
    // One that is known to be there works: its own look after it was placed, and those of a cancel or an edit, say more.
    if (was_there && nothing_new && (s.status == coinbase::UserOrderStatus::pending || s.status == coinbase::UserOrderStatus::open)) continue;
    look_.soon(s.order_id, 0, k.urgent || s.terminal ? lane_urgent : lane_normal);
  }
  for (const std::string& id : news.absent) {
    // Its end was found otherwise: it would be missing at each connection.
    if (const Known* k = kit_.orders.by_venue(id); k != nullptr && k->phase == Phase::over) tracker_.forget(id);
    else look_.soon(id, 0, lane_normal);
  }
  if (!news.snapshot_complete) return;
  failures_ = 0;
  start_.stream_is_sound(true);
  if (counts_.opened > 1) return start_.sweep_now();
  // The first one: the host is just asking for everything. What it has not read since is swept when it has.
  start_.sweep_since_now(first_sweep_ns);
}

void Stream::lost_something() { start_.sweep_now(); }

void Stream::watch() {
  kit_.later.after(kit_.options.stream_silence_ns / 2, [this] {
    if (ending_) return;
    if (up_ && kit_.host.now_ns() - heard_ns_ > kit_.options.stream_silence_ns) {
      heard_ns_ = kit_.host.now_ns();
      start_.stream_is_sound(false);
      ws_.close(conn_);  // its end is told, and it is opened anew
    }
    watch();
  });
}

}  // namespace bowline::broker_coinbase
