#include "session.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "coinbase/error_body.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::Verdict;
constexpr std::int64_t second = 1'000'000'000;
/// So many requests in a row without an answer say that the way to the venue is broken.
constexpr std::uint32_t broken_after = 3;
/// How often the stock of tokens is made anew: at each moment there are some that may be given out.
constexpr std::int64_t stock_ns = (TokenStock::young_s - TokenStock::renew_s) * second;

coinbase::Reply reply_of(const HttpReply& r) {
  using D = coinbase::Reply::Delivery;
  return {r.whole() ? D::whole : r.never_sent() ? D::not_sent : D::lost, static_cast<int>(r.status()), r.whole() ? r.body() : std::string_view()};
}

/// Whole seconds, up to a minute; a date, or more, is passed over.
std::int64_t retry_after(std::string_view text) noexcept {
  std::int64_t s = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), s);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size() && s > 0 && s <= 60 ? s * second : 0;
}

}  // namespace

struct Session::Question {
  coinbase::Request request;
  std::uint32_t lane = 0, tries = 0;
  Then then;
};

Session::Session(const Host& host, const Options& options, Later& later, Backoff& backoff, coinbase::Credentials credentials)
    : host_(host),
      options_(options),
      later_(later),
      backoff_(backoff),
      http_(host),
      tokens_(std::move(credentials), [this] { return venue_s(); }, coinbase::random_nonce),
      stock_(tokens_, coinbase::Method::post, options.api_host, std::string(coinbase::orders_path)) {}

std::int64_t Session::venue_s() const noexcept { return (host_.now_ns() + skew_ns_) / second; }

Result<std::string> Session::token_of(const coinbase::Request& request) {
  if (stock_.serves(request)) return stock_.take(venue_s());
  return tokens_.token(coinbase::word_of(request.method), options_.api_host, request.path);
}

void Session::stock_up() {
  if (stocks_ && stock_.make_one(venue_s())) host_.wake();
}

void Session::look_at_stock() {
  if (stocks_ && stock_.wants(venue_s())) host_.wake();
}

void Session::expect_orders() {
  if (!std::exchange(stocks_, true)) keep_stock();
}

void Session::keep_stock() {
  look_at_stock();
  later_.after(stock_ns, [this] { keep_stock(); });
}

bl_status Session::send(const coinbase::Request& request, coinbase::Call call, std::uint32_t lane, std::int64_t not_after_ns, Then then, bl_error* why) {
  std::string headers = "Accept: application/json\r\n";
  if (!request.open) {
    const auto token = token_of(request);
    if (!token) return detail::put_error(why, BL_E_AUTH, token.error());
    headers.append("Authorization: Bearer ").append(*token).append("\r\n");
  }
  if (!request.body.empty()) headers.append("Content-Type: application/json\r\n");
  const std::string url = options_.api_url + request.target();
  const std::int64_t now = host_.now_ns();
  HttpRequest q;
  q.request = ++last_;
  q.lane = lane;
  q.rate_class = request.open ? class_open : class_key;
  q.method = coinbase::word_of(request.method);
  q.url = url;
  q.headers = headers;
  q.body = request.body;
  q.deadline_ns = now + options_.request_timeout_ns;  // well within the life of its token
  q.not_after_ns = not_after_ns;
  pending_.emplace(q.request, Pending{call, now, request.open, std::move(then)});  // before its answer can come
  const bl_status sent = http_.send(q, why);
  if (sent < 0) pending_.erase(q.request);
  return sent;
}

void Session::read(coinbase::Request request, std::uint32_t lane, Then then) {
  ask(std::make_shared<Question>(Question{std::move(request), lane, 0, std::move(then)}));
}

void Session::ask(std::shared_ptr<Question> q) {
  ++q->tries;
  const bl_status sent = send(q->request, coinbase::Call::read, q->lane, 0, [this, q](const Answer& a) { answered(q, a); });
  if (sent >= 0) return;
  // The host took nothing: as if it had been denied a moment later, so that nobody is answered within his own question.
  later_.after(0, [this, q] {
    Answer a;
    a.outcome = {Verdict::denied, "NOT_SENT", "the host takes no more requests now"};
    answered(q, a);
  });
}

void Session::answered(std::shared_ptr<Question> q, const Answer& a) {
  const Verdict v = a.outcome.verdict;
  const bool again = v == Verdict::unknown || v == Verdict::denied || v == Verdict::throttled;
  if (!again || q->tries >= options_.tries) return q->then(a);
  later_.after(std::max(backoff_.wait_ns(q->tries), a.retry_after_ns), [this, q] { ask(q); });
}

bool Session::on_reply(const HttpReply& reply) {
  const auto it = pending_.find(reply.request());
  if (it == pending_.end()) return false;
  const Pending p = std::move(it->second);
  pending_.erase(it);
  Answer a;
  a.outcome = coinbase::outcome_of(p.call, reply_of(reply), standing_);
  a.too_late = reply.outcome() == BL_E_STATE;
  a.body = reply.whole() ? reply.body() : std::string_view();
  a.retry_after_ns = reply.whole() ? retry_after(reply.header("retry-after")) : 0;
  a.sent_ns = p.sent_ns;
  a.received_ns = reply.received_ns();
  if (!p.open && reply.whole() && reply.status() == 401) {
    ++standing_.unauthorised_in_a_row;
    stock_.drop();  // whatever the venue has against that one, it may have against those of its time
  }
  note(a, p.open, reply.whole() ? std::string_view() : reply.body());
  p.then(a);
  // Behind what the answer led to: the host hears that first.
  if (p.call == coinbase::Call::create) look_at_stock();
  return true;
}

void Session::note(const Answer& a, bool open, std::string_view broke) {
  const auto tell = [this](bool up, bl_status status, std::string_view word) {
    if (link_up_ == up) return;
    link_up_ = up;
    if (!up) host_.log(Level::error, "coinbase: the venue is not reached: " + coinbase::one_line(word));
    if (on_link) on_link(up, status, word);
  };
  switch (a.outcome.verdict) {
    case Verdict::done:
    case Verdict::refused:
      failures_ = 0;
      if (open) return;  // it says nothing of the key
      standing_.key_worked = true;
      standing_.unauthorised_in_a_row = 0;
      return tell(true, BL_OK, "");
    case Verdict::unauthorised: return tell(false, BL_E_AUTH, a.outcome.reason);
    case Verdict::throttled: return;
    case Verdict::denied:
    case Verdict::unknown: break;
  }
  if (!a.too_late && ++failures_ >= broken_after) tell(false, BL_E_IO, broke.empty() ? std::string_view(a.outcome.reason) : broke);
}

void Session::note_server_time(std::int64_t venue_ns, const Answer& a) {
  const std::int64_t ours = a.received_ns > a.sent_ns ? a.sent_ns + (a.received_ns - a.sent_ns) / 2 : a.sent_ns;
  skew_ns_ = venue_ns - ours;
  clock_told_ = true;
  if (skew_ns_ > 5 * second || skew_ns_ < -5 * second)
    host_.log(Level::warn, "coinbase: the venue's clock and this machine's are more than five seconds apart; tokens follow the venue's");
}

}  // namespace bowline::broker_coinbase
